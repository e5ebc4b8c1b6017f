use traced_actor::traced_actor;

struct Guild;

#[traced_actor]
impl Default for Guild {
    fn default() -> Self {
        Guild
    }
}

fn main() {}
