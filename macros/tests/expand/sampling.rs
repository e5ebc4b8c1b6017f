//! Sampling options of each kind.

#[traced_actor]
enum Message {
    #[traced(sample = 0.01)]
    Typing,
    #[traced(sample = 1)]
    Post,
    #[traced(sample = always, link)]
    Ban,
    #[traced(sample = never)]
    Heartbeat,
    #[traced(sample = crate::sampling::by_tenant, name = "Bill")]
    Invoice,
    #[traced(fanout = _0.len(), fanout_policy = discord)]
    Deliver(Vec<u64>),
    #[traced(fanout_policy = crate::sampling::a_tenth)]
    Relay,
    #[traced(skip)]
    Tick,
}
