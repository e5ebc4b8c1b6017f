use traced_actor::traced_actor;

pub enum Message {}

pub struct Actor;

#[traced_actor(allow(dead_code))]
impl Actor {
    #[traced(allow)]
    async fn handle_message(&mut self, message: Message) {
        match message {}
    }
}

fn main() {}
