//! A struct that wraps an enum takes its kind from there.
pub struct Request {
    session: u64,
    command: Command,
    respond_to: oneshot::Sender<u64>,
}
#[automatically_derived]
impl ::traced_actor::Message for Request {
    fn kind(&self) -> &'static ::traced_actor::Kind {
        let Self { command, .. } = self;
        ::traced_actor::Message::kind(command)
    }
    fn fanout(&self) -> ::core::option::Option<usize> {
        let Self { command, .. } = self;
        ::traced_actor::Message::fanout(command)
    }
    fn record(&self, fields: &mut ::traced_actor::Fields<'_>) {
        let Self { session, command, .. } = self;
        fields.record("session", session);
        ::traced_actor::Message::record(command, fields);
    }
    fn key(&self) -> ::core::option::Option<::traced_actor::Key<'_>> {
        let Self { command, .. } = self;
        ::traced_actor::Message::key(command)
    }
}
struct Signed(Request, Signature);
#[automatically_derived]
impl ::traced_actor::Message for Signed {
    fn kind(&self) -> &'static ::traced_actor::Kind {
        let Self(_0, ..) = self;
        ::traced_actor::Message::kind(&_0.command)
    }
    fn fanout(&self) -> ::core::option::Option<usize> {
        let Self(_0, ..) = self;
        ::traced_actor::Message::fanout(&_0.command)
    }
    fn record(&self, fields: &mut ::traced_actor::Fields<'_>) {
        let Self(_0, ..) = self;
        ::traced_actor::Message::record(&_0.command, fields);
    }
    fn key(&self) -> ::core::option::Option<::traced_actor::Key<'_>> {
        let Self(_0, ..) = self;
        ::traced_actor::Message::key(&_0.command)
    }
}
