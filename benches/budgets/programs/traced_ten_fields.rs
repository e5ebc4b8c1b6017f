// The program with `#[traced_actor]` and ten fields.

include!("traced_actors.rs");

#[traced_actor]
enum Message {
    #[traced(fields(
        channel,
        next = channel + 1,
        twice = channel * 2,
        a = text[0],
        b = text[1],
        c = text[2],
        d = text[3],
        e = text[4],
        f = text[5],
        thrice = channel * 3,
    ))]
    Post {
        channel: u64,
        text: Text,
    },
    Count {
        respond_to: oneshot::Sender<u64>,
    },
}
