use traced_actor::traced_actor;

#[traced_actor]
union Word {
    int: u32,
    float: f32,
}

fn main() {}
