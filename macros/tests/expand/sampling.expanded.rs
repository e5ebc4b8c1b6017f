//! How much of each kind is kept.
enum Message {
    Typing,
    Post,
    Ban,
    Heartbeat,
    Invoice,
    Tick,
}
#[automatically_derived]
impl ::traced_actor::Message for Message {
    fn kind(&self) -> &'static ::traced_actor::Kind {
        match self {
            Self::Typing => {
                const { &::traced_actor::Kind::new("Typing").sample_ratio(0.01) }
            }
            Self::Post => const { &::traced_actor::Kind::new("Post").sample_ratio(1.0) }
            Self::Ban => {
                const { &::traced_actor::Kind::new("Ban").sample_always().link() }
            }
            Self::Heartbeat => {
                const { &::traced_actor::Kind::new("Heartbeat").sample_never() }
            }
            Self::Invoice => {
                const {
                    &::traced_actor::Kind::new("Bill")
                        .sampler(crate::sampling::by_tenant)
                }
            }
            Self::Tick => const { &::traced_actor::Kind::new("Tick").skip() }
        }
    }
}
