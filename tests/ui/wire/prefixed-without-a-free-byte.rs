use traced_actor_wire::{Prefixed, codec::Postcard};

const CODEC: Prefixed<Postcard> = Prefixed::new(Postcard);

fn main() {
    let _ = CODEC;
}
