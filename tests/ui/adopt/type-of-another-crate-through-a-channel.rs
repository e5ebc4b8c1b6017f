use traced_actor::sync::mpsc;

fn main() {
    let _ = mpsc::channel::<std::process::Child>(1);
    let _ = mpsc::channel::<(std::process::Child, u8)>(1);
}
