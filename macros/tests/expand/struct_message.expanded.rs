//! A struct is a message of one kind, named like the struct.
pub struct Request {
    pub id: String,
    pub reply: oneshot::Sender<Reply>,
}
#[automatically_derived]
impl ::traced_actor::Message for Request {
    fn kind(&self) -> &'static ::traced_actor::Kind {
        const { &::traced_actor::Kind::new("Request").sample_always().call() }
    }
    fn record(&self, fields: &mut ::traced_actor::Fields<'_>) {
        let Self { id, .. } = self;
        fields.record("id", id);
    }
    fn key(&self) -> ::core::option::Option<::traced_actor::Key<'_>> {
        let Self { id, .. } = self;
        ::core::option::Option::Some(::core::convert::From::from(id))
    }
}
pub struct Bytes(Vec<u8>, u8);
#[automatically_derived]
impl ::traced_actor::Message for Bytes {
    fn kind(&self) -> &'static ::traced_actor::Kind {
        const { &::traced_actor::Kind::new("Blob") }
    }
    fn fanout(&self) -> ::core::option::Option<usize> {
        let Self(_0, ..) = self;
        ::core::option::Option::Some(_0.len())
    }
}
pub struct Stop;
#[automatically_derived]
impl ::traced_actor::Message for Stop {
    fn kind(&self) -> &'static ::traced_actor::Kind {
        const { &::traced_actor::Kind::new("Stop") }
    }
}
pub enum Never {}
#[automatically_derived]
impl ::traced_actor::Message for Never {
    fn kind(&self) -> &'static ::traced_actor::Kind {
        match *self {}
    }
}
