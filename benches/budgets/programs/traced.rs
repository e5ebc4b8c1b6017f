// The program with `#[traced_actor]`: `plain.rs`, and an attribute on each message and each impl.

include!("traced_actors.rs");

#[traced_actor]
enum Message {
    #[traced(fields(channel, first = text[0], last = text[text.len() - 1]))]
    Post {
        channel: u64,
        text: Text,
    },
    Count {
        respond_to: oneshot::Sender<u64>,
    },
}
