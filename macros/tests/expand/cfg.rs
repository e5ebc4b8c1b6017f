//! A variant's `#[cfg]` goes to its arms, an item's to what is generated for it.

#[traced_actor]
#[cfg(feature = "guild")]
enum Message {
    #[traced(fanout = recipients.len())]
    Post { recipients: Vec<u64> },
    #[cfg(test)]
    Flush(oneshot::Sender<()>),
}

#[traced_actor]
#[cfg(feature = "guild")]
impl Guild {
    #[cfg(not(test))]
    fn handle(&mut self, message: Message) {}
}
