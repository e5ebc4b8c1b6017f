use traced_actor::traced_actor;

#[traced_actor]
pub enum Tick {
    Tock,
}

pub struct Clock;

#[traced_actor]
impl Clock {
    pub async fn serve(&mut self, _: Tick) {}
}

#[traced_actor]
impl Clock {
    pub async fn handle_message(&mut self, _: Tick) {}
}

fn main() {}
