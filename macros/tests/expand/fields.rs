//! Fields of a message, recorded only if its span is: `tracing`'s grammar.

#[traced_actor]
enum Message {
    #[traced(
        fanout = recipients.len(),
        fields(channel, %user, ?state, text_len = text.len(), user.name, id = %user.id, "is empty" = !text.is_empty()),
        key = user,
    )]
    Post { channel: u64, recipients: Vec<u64>, text: String, user: User, state: State },
    #[traced(fields(session = _1, note = format!("{_1} of {}", _0.len())), key = _0.id)]
    Leave(Session, u64, Reply),
    #[traced(fields(r#type, version = 3, fields))]
    Ask { r#type: u8, fields: u8 },
    Tick,
}
