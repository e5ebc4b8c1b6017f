use traced_actor::sync::mpsc;

fn main() {
    let _ = mpsc::channel::<()>(1);
}
