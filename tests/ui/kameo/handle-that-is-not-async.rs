use kameo::prelude::*;
use traced_actor::traced_actor;

#[traced_actor(kameo)]
#[derive(Actor)]
struct Guild;

struct Join;

/// Another type of future than `impl Future`.
type Handled<'a> = std::pin::Pin<Box<dyn Future<Output = ()> + Send + 'a>>;

#[traced_actor(kameo)]
impl Message<Join> for Guild {
    type Reply = ();

    fn handle<'a>(&'a mut self, _: Join, _: &'a mut Context<Self, ()>) -> Handled<'a> {
        Box::pin(async {})
    }
}

fn main() {}
