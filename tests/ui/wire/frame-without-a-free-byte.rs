use traced_actor::wire::{Frame, codec::Postcard};

const CODEC: Frame<Postcard> = Frame::new(Postcard);

fn main() {
    let _ = CODEC;
}
