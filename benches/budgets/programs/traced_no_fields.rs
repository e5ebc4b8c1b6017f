// The program with `#[traced_actor]` without any field.

include!("traced_actors.rs");

#[traced_actor]
enum Message {
    Post {
        channel: u64,
        text: Text,
    },
    Count {
        respond_to: oneshot::Sender<u64>,
    },
}
