//! Actors that start a trace, actors that only continue one, and the contexts between them.

use traced_actor::context::{
    ContextState, MessageContext, SampledContext, Timestamp, new_span_id, new_trace_id,
};
use traced_actor::sampling::{Decision, Operation};
use traced_actor::sync::mpsc;
use traced_actor::{Envelope, TraceContext, TraceFlags, TracedExt, counters, traced_actor};
use traced_actor_tests::isolated::ran_in_child;

use super::support::{Note, only, probe, spans, text};

/// Receives one message and says in which state what it sends while handling it is.
async fn sent_while_handling<M: traced_actor::Message>(envelope: Envelope<M>) -> MessageContext {
    let (sender, mut receiver) = mpsc::channel(1);
    async {
        sender.send_envelope(envelope).await.unwrap_or_else(|_| unreachable!());
        receiver.recv().await.unwrap();
        Envelope::capture(Note("sent")).into_parts().1
    }
    .traced()
    .await
}

#[tokio::test]
async fn a_continue_only_actor_continues_traces_and_starts_none() {
    if ran_in_child("a_continue_only_actor_continues_traces_and_starts_none", &[]) {
        return; // what is counted is the process's
    }
    #[traced_actor(name = "Session", start = never)]
    struct Deliver(u32);
    #[traced_actor(name = "Sender")]
    struct Start(u32);

    let _ = probe();
    let before = counters();
    assert!(sent_while_handling(Envelope::bare(Deliver(1))).await.is_unsampled());
    assert!(spans("Session").is_empty());
    assert_eq!(counters().dropped["continue_only"], before.dropped.get("continue_only").unwrap_or(&0) + 1);

    let sampled = sent_while_handling(Envelope::bare(Start(1))).await;
    assert!(matches!(
        sent_while_handling(Envelope::new(Deliver(2), sampled)).await.state(),
        ContextState::Sampled(_)
    ));
    assert_eq!(only("Session").parent, Some(only("Sender").context.span_id));
    assert_eq!(text(&only("Session"), "sampling.reason").as_deref(), Some("parent"));
}

#[tokio::test]
async fn a_variant_s_rule_decides_about_roots_alone() {
    #[traced_actor(name = "Ruled")]
    enum Ruled {
        #[traced(sample = never)]
        Never,
        #[traced(sample = 0.0)]
        Zero,
        #[traced(sample = 1)]
        One,
        #[traced(sample = always)]
        Always,
        #[traced(sample = odd)]
        Odd,
    }
    fn odd(operation: &Operation<'_>) -> Decision {
        assert_eq!((operation.actor, operation.kind.name()), ("Ruled", "Odd"));
        Decision::Keep { probability: Some(0.25), reason: "odd" }
    }

    let _ = probe();
    for message in [Ruled::Never, Ruled::Zero] {
        assert!(sent_while_handling(Envelope::bare(message)).await.is_unsampled());
    }
    for message in [Ruled::One, Ruled::Always, Ruled::Odd] {
        let sent = sent_while_handling(Envelope::bare(message)).await;
        assert!(matches!(sent.state(), ContextState::Sampled(_)));
    }
    let found: Vec<_> = spans("Ruled")
        .iter()
        .map(|span| (span.name, text(span, "sampling.reason"), text(span, "sampling.probability")))
        .collect();
    let expected =
        [("Ruled/One", "ratio", "1"), ("Ruled/Always", "variant", "1"), ("Ruled/Odd", "odd", "0.25")]
            .map(|(name, reason, probability)| (name, Some(reason.to_owned()), Some(probability.to_owned())));
    assert_eq!(found, expected);

    // A trace that is under way goes on, whatever the rule for roots.
    let parent = sent_while_handling(Envelope::bare(Ruled::Odd)).await;
    let child = sent_while_handling(Envelope::new(Ruled::Never, parent)).await;
    let ContextState::Sampled(child) = child.state() else { panic!("{child:?}") };
    assert_eq!(child.probability, Some(0.25), "the root's probability travels");
}

/// The sampler sees the options of the annotation and the facts that the runtime adds.
#[tokio::test]
async fn a_sampler_sees_the_whole_operation() {
    use std::sync::Mutex;
    use traced_actor::Key;

    static SEEN: Mutex<Vec<String>> = Mutex::new(Vec::new());
    fn look(operation: &Operation<'_>) -> Decision {
        let Operation { actor, kind, parent, fanout, key, .. } = operation;
        let key = key.map(|key| match key {
            Key::Int(n) => n.to_string(),
            Key::Str(text) => text.to_owned(),
            _ => unreachable!("a key is a number or a text"),
        });
        SEEN.lock().unwrap().push(format!("{actor} {} {parent:?} {fanout:?} {key:?}", kind.name()));
        Decision::Drop { reason: "looked" }
    }

    #[traced_actor(name = "Looked", sampler = look)]
    enum Looked {
        #[traced(key = user, fanout = recipients.len())]
        Post {
            user: u64,
            recipients: Vec<u64>,
        },
        #[traced(key = _0)]
        Rename(String),
        Plain,
    }
    let _ = probe();
    let post = Looked::Post { user: 7, recipients: vec![1, 2, 3] };
    for message in [post, Looked::Rename("name".into()), Looked::Plain] {
        assert!(sent_while_handling(Envelope::bare(message)).await.is_unsampled());
    }
    assert_eq!(
        *SEEN.lock().unwrap(),
        [
            r#"Looked Post Absent Some(3) Some("7")"#,
            r#"Looked Rename Absent None Some("name")"#,
            "Looked Plain Absent None None"
        ]
    );
    assert!(counters().dropped["looked"] >= 3);
}

#[tokio::test]
async fn an_actor_s_options_beat_its_message_s() {
    #[traced_actor(name = "OfMessage", start = never)]
    struct Ping(u32);
    #[traced_actor(name = "OfActor", start = always)]
    async fn run(mut receiver: mpsc::Receiver<Ping>) {
        while receiver.recv().await.is_some() {}
    }
    let _ = probe();
    let (sender, receiver) = mpsc::channel(1);
    sender.send(Ping(1)).await.unwrap();
    drop(sender);
    run(receiver).await;
    assert_eq!(text(&only("OfActor"), "sampling.reason").as_deref(), Some("actor"));
    assert!(spans("OfMessage").is_empty());
}

#[tokio::test]
async fn nobody_decides_again_about_what_is_unsampled() {
    #[traced_actor(name = "Downstream", start = always)]
    struct Next(u32);
    let _ = probe();
    let sent = sent_while_handling(Envelope::new(Next(1), MessageContext::UNSAMPLED)).await;
    assert!(sent.is_unsampled());
    assert!(spans("Downstream").is_empty());
}

#[tokio::test]
async fn a_skipped_kind_makes_no_span_and_passes_the_trace_on() {
    #[traced_actor(name = "Skipping")]
    enum Skipping {
        #[traced(skip)]
        Tick,
        Work,
    }
    let _ = probe();
    assert!(matches!(
        sent_while_handling(Envelope::bare(Skipping::Tick)).await.state(),
        ContextState::Absent
    ));
    let work = sent_while_handling(Envelope::bare(Skipping::Work)).await;
    let tick = sent_while_handling(Envelope::new(Skipping::Tick, work)).await;
    let ContextState::Sampled(tick) = tick.state() else { panic!("{tick:?}") };
    assert_eq!(tick.context.span_id, only("Skipping").context.span_id);
}

#[tokio::test]
async fn a_linked_kind_starts_a_trace_of_its_own_and_keeps_the_decision() {
    #[traced_actor(name = "Linking", start = never)]
    enum Linking {
        #[traced(link, sample = always)]
        Follow,
    }
    let _ = probe();
    let first = sent_while_handling(Envelope::bare(Linking::Follow)).await;
    let _second = sent_while_handling(Envelope::new(Linking::Follow, first)).await;
    let spans = spans("Linking");
    assert_eq!(spans[1].parent, None);
    assert_eq!(spans[1].links, [spans[0].context]);
    assert_ne!(spans[1].context.trace_id, spans[0].context.trace_id);
    assert_eq!(text(&spans[1], "sampling.reason").as_deref(), Some("link"));
}

#[tokio::test]
async fn a_child_s_messages_carry_the_texts_of_its_trace_and_those_of_a_linked_one_the_baggage_alone() {
    #[traced_actor(name = "Texts")]
    enum Texts {
        Child,
        #[traced(link)]
        Linked,
    }
    let _ = probe();
    let mut came = SampledContext::new(TraceContext::new(new_trace_id(), new_span_id(), TraceFlags::SAMPLED));
    (came.tracestate, came.baggage) = (Some("vendor=x".into()), Some("user=alice".into()));
    (came.remote, came.selected, came.hops, came.probability) = (true, true, 3, Some(0.5));
    came.sent = Some(Timestamp::from_unix_nanos(1));
    let sent = async |message| {
        let sent = sent_while_handling(Envelope::new(message, came.clone())).await;
        let ContextState::Sampled(sent) = sent.state() else { panic!("{sent:?}") };
        sent.clone()
    };
    let (child, linked) = (sent(Texts::Child).await, sent(Texts::Linked).await);

    let texts = |of: &SampledContext| {
        (of.tracestate.as_deref().map(str::to_owned), of.baggage.as_deref().map(str::to_owned))
    };
    assert_eq!(texts(&child), (Some("vendor=x".to_owned()), Some("user=alice".to_owned())));
    assert_eq!(texts(&linked), (None, Some("user=alice".to_owned())));
    assert_eq!((child.hops, linked.hops), (4, 0));
    let spans = spans("Texts");
    for (sent, span) in [(&child, &spans[0]), (&linked, &spans[1])] {
        assert_eq!(sent.context, span.context);
        assert_eq!(sent.probability, Some(0.5));
        assert!(!sent.remote && !sent.selected, "that was its sender's way here");
        assert!(sent.sent > came.sent);
    }
}

#[tokio::test]
async fn fields_are_typed_and_evaluated_only_when_sampled() {
    use std::sync::atomic::{AtomicU32, Ordering::Relaxed};
    static EVALUATED: AtomicU32 = AtomicU32::new(0);
    fn expensive(text: &str) -> usize {
        EVALUATED.fetch_add(1, Relaxed);
        text.len()
    }

    #[traced_actor(name = "Fielded")]
    enum Fielded {
        #[traced(fields(channel, %user, ?state, text_len = expensive(text), user.id = *channel + 1))]
        Post { channel: u64, user: char, state: Option<bool>, text: String },
        #[traced(fields(size = _0.len(), second = _1))]
        Tuple(Vec<u8>, bool),
    }
    let _ = probe();
    let post = || Fielded::Post { channel: 7, user: 'u', state: Some(true), text: "four".into() };
    sent_while_handling(Envelope::new(post(), MessageContext::UNSAMPLED)).await;
    assert_eq!(EVALUATED.load(Relaxed), 0);
    sent_while_handling(Envelope::bare(post())).await;
    assert_eq!(EVALUATED.load(Relaxed), 1);
    sent_while_handling(Envelope::bare(Fielded::Tuple(vec![1, 2], false))).await;

    let spans = spans("Fielded");
    let shown = |span: usize, names: &[&str]| -> Vec<String> {
        names.iter().map(|name| format!("{:?}", spans[span].attribute(name).unwrap())).collect()
    };
    assert_eq!(
        shown(0, &["channel", "user", "state", "text_len", "user.id"]),
        ["Int(7)", "Str(\"u\")", "Str(\"Some(true)\")", "Int(4)", "Int(8)"]
    );
    assert_eq!(shown(1, &["size", "second"]), ["Int(2)", "Bool(false)"]);
}
