//! Fields of a message, recorded only if its span is: `tracing`'s grammar.
enum Message {
    Post { channel: u64, recipients: Vec<u64>, text: String, user: User, state: State },
    Leave(Session, u64, Reply),
    Ask { r#type: u8, fields: u8 },
    Tick,
}
#[automatically_derived]
impl ::traced_actor::Message for Message {
    fn kind(&self) -> &'static ::traced_actor::Kind {
        match self {
            Self::Post { .. } => const { &::traced_actor::Kind::new("Post") }
            Self::Leave { .. } => const { &::traced_actor::Kind::new("Leave") }
            Self::Ask { .. } => const { &::traced_actor::Kind::new("Ask") }
            Self::Tick { .. } => const { &::traced_actor::Kind::new("Tick") }
        }
    }
    fn fanout(&self) -> ::core::option::Option<usize> {
        match self {
            Self::Post { recipients, .. } => {
                ::core::option::Option::Some(recipients.len())
            }
            _ => ::core::option::Option::None,
        }
    }
    fn record(&self, fields: &mut ::traced_actor::Fields<'_>) {
        match self {
            Self::Post { channel, user, state, text, .. } => {
                fields.record("channel", channel);
                fields.record("user", &::traced_actor::field::display(user));
                fields.record("state", &::traced_actor::field::debug(state));
                fields.record("text_len", &text.len());
                fields.record("user.name", &user.name);
                fields.record("id", &::traced_actor::field::display(&user.id));
                fields.record("is empty", &(!text.is_empty()));
            }
            Self::Leave(_0, _1, ..) => {
                fields.record("session", _1);
                fields.record("note", &format!("{_1} of {}", _0.len()));
            }
            Self::Ask { r#type, fields } => {
                fields.record("type", r#type);
                fields.record("version", &3);
                fields.record("fields", fields);
            }
            _ => {}
        }
    }
    fn key(&self) -> ::core::option::Option<::traced_actor::Key<'_>> {
        match self {
            Self::Post { user, .. } => {
                ::core::option::Option::Some(::core::convert::From::from(user))
            }
            Self::Leave(_0, ..) => {
                ::core::option::Option::Some(::core::convert::From::from(&_0.id))
            }
            _ => ::core::option::Option::None,
        }
    }
}
