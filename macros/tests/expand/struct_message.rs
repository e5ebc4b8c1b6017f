//! A struct is a message of one kind, named like the struct.

#[traced_actor]
#[traced(fields(id), key = id, sample = always)]
pub struct Request {
    pub id: String,
    pub reply: oneshot::Sender<Reply>,
}

#[traced_actor]
#[traced(name = "Blob", fanout = _0.len())]
pub struct Bytes(Vec<u8>, u8);

#[traced_actor]
pub struct Stop;

#[traced_actor]
pub enum Never {}
