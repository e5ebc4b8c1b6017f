use traced_actor::traced_actor;

#[traced_actor]
struct Order;

#[traced_actor]
async fn serve() {
    let (_sender, mut orders) = tokio::sync::mpsc::channel::<Order>(1);
    while let Some(Order) = orders.recv().await {}
}

fn main() {}
