use traced_actor_wire::{Sidecar, codec::Postcard};

const CODEC: Sidecar<Postcard> = Sidecar::new(Postcard);

fn main() {
    let _ = CODEC;
}
