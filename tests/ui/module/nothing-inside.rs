use traced_actor::traced_actor;

#[traced_actor]
mod guild {
    pub fn nothing() {}
}

fn main() {}
