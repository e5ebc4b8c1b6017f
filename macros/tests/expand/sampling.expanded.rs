//! Sampling options of each kind.
enum Message {
    Typing,
    Post,
    Ban,
    Heartbeat,
    Invoice,
    Deliver(Vec<u64>),
    Relay,
    Tick,
}
#[automatically_derived]
impl ::traced_actor::Message for Message {
    fn kind(&self) -> &'static ::traced_actor::Kind {
        match self {
            Self::Typing { .. } => {
                const { &::traced_actor::Kind::new("Typing").sample_ratio(0.01) }
            }
            Self::Post { .. } => {
                const { &::traced_actor::Kind::new("Post").sample_ratio(1.0) }
            }
            Self::Ban { .. } => {
                const { &::traced_actor::Kind::new("Ban").sample_always().link() }
            }
            Self::Heartbeat { .. } => {
                const { &::traced_actor::Kind::new("Heartbeat").sample_never() }
            }
            Self::Invoice { .. } => {
                const {
                    &::traced_actor::Kind::new("Bill")
                        .sampler(crate::sampling::by_tenant)
                }
            }
            Self::Deliver { .. } => {
                const {
                    &::traced_actor::Kind::new("Deliver")
                        .fanout_policy(::traced_actor::sampling::FanoutPolicy::Discord)
                }
            }
            Self::Relay { .. } => {
                const {
                    &::traced_actor::Kind::new("Relay")
                        .fanout_policy(
                            ::traced_actor::sampling::FanoutPolicy::Probability(
                                crate::sampling::a_tenth,
                            ),
                        )
                }
            }
            Self::Tick { .. } => const { &::traced_actor::Kind::new("Tick").skip() }
        }
    }
    fn fanout(&self) -> ::core::option::Option<usize> {
        match self {
            Self::Deliver(_0) => ::core::option::Option::Some(_0.len()),
            _ => ::core::option::Option::None,
        }
    }
}
