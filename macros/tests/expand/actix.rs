#[traced_actor(actix)]
#[derive(Message)]
#[rtype(result = "Result<u64, Error>")]
struct Join(u64);

#[traced_actor(actix)]
struct Wrapped<M>(M);

#[traced_actor(actix, by_type, start = never)]
impl Actor for Guild {
    type Context = Context<Self>;
}

#[traced_actor(actix)]
impl<T: Send + 'static> Actor for Pool<T> {
    type Context = SyncContext<Self>;
}
