use traced_actor::{sync::mpsc, traced_actor};

#[traced_actor]
pub enum Job {
    Print { page: u32, colo },
    #[traced(skip)]
    Idle,
}

pub fn start() -> mpsc::Sender<Job> {
    mpsc::channel(1).0
}

fn main() {}
