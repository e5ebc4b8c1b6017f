//! After an error the user's items are all there, with stubs in the place of what others expect.

#[traced_actor(hop_limt = 3)]
pub mod guild {
    pub enum Message {
        #[traced(sample = 1.5)]
        Post(String),
    }

    pub struct Guild;

    impl Guild {
        pub async fn handle(&mut self, message: Message) -> Result<(), Error> {
            Ok(())
        }
    }
}
