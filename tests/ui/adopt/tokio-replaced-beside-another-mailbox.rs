use traced_actor::sync::mpsc;
use traced_actor::{tokio, traced_actor};

#[traced_actor]
struct Order;

struct Frame;

struct Desk {
    orders: mpsc::Receiver<Order>,
    frames: tokio::sync::mpsc::Receiver<Frame>,
}

#[traced_actor]
impl Desk {
    fn new(orders: mpsc::Receiver<Order>, frames: tokio::sync::mpsc::Receiver<Frame>) -> Self {
        Self { orders, frames }
    }

    async fn run(mut self) {
        loop {
            tokio::select! {
                Some(Order) = self.orders.recv() => {}
                Some(frame) = self.frames.recv() => self.handle_message(frame),
                else => break,
            }
        }
    }

    fn handle_message(&mut self, _frame: Frame) {}
}

fn main() {}
