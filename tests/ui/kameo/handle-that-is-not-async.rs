use kameo::prelude::*;
use traced_actor::traced_actor;

#[traced_actor(kameo)]
#[derive(Actor)]
struct Guild;

struct Join;

type Handled = std::pin::Pin<Box<dyn Future<Output = ()> + Send>>;

#[traced_actor(kameo)]
impl Message<Join> for Guild {
    type Reply = ();

    #[allow(refining_impl_trait)]
    fn handle(&mut self, _: Join, _: &mut Context<Self, ()>) -> Handled {
        Box::pin(async {})
    }
}

fn main() {}
