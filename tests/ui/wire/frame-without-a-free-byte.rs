use traced_actor_wire::{Frame, codec::Postcard};

const CODEC: Frame<Postcard> = Frame::new(Postcard);

fn main() {
    let _ = CODEC;
}
