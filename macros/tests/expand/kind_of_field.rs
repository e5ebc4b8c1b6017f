//! A struct that wraps an enum takes its kind from there.

#[traced_actor]
#[traced(kind = command, fields(session))]
pub struct Request {
    session: u64,
    command: Command,
    respond_to: oneshot::Sender<u64>,
}

#[traced_actor]
#[traced(kind = _0.command)]
struct Signed(Request, Signature);
