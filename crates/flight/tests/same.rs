//! A span that comes out of the flight recorder is the span that any other recorder is told.
//!
//! Both are told the same, and what they make of it is compared.

use std::any::Any;
use std::fmt;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use traced_actor::context::{Timestamp, TraceContext};
use traced_actor::record::{
    self, Attribute, Failure, FinishedSpan, FinishedSpans, OpenSpan, Recorder, Span, SpanEnd, SpanStart,
};
use traced_actor::sync::mpsc;
use traced_actor::{Envelope, TracedExt, traced_actor};
use traced_actor_flight::{Flight, TriggerOptions};

/// Tells two recorders.
struct Both<A, B>(A, B);
struct BothSpans(OpenSpan, OpenSpan);

impl<A: Recorder, B: Recorder> Recorder for Both<A, B> {
    fn start(&self, new: &SpanStart<'_>) -> Option<OpenSpan> {
        let (one, other) = (self.0.start(new)?, self.1.start(new)?);
        Some(OpenSpan::new(one.context(), BothSpans(one, other)))
    }

    fn now(&self) -> Option<Timestamp> {
        self.0.now()
    }
}

impl BothSpans {
    fn each(&self, tell: impl Fn(&dyn Span, TraceContext)) {
        tell(self.0.span(), self.0.context());
        tell(self.1.span(), self.1.context());
    }
}

impl Span for BothSpans {
    fn finish(&self, _: TraceContext, end: &SpanEnd<'_>) {
        self.each(|span, context| span.finish(context, end));
    }

    fn set_attribute(&self, _: TraceContext, name: &'static str, value: Attribute<'_>) {
        self.each(|span, context| span.set_attribute(context, name, value));
    }

    fn add_event(&self, _: TraceContext, name: &'static str, at: Timestamp) {
        self.each(|span, context| span.add_event(context, name, at));
    }

    fn rename(&self, _: TraceContext, name: &'static str, actor: &'static str) {
        self.each(|span, context| span.rename(context, name, actor));
    }

    fn update_name(&self, _: TraceContext, name: &str) {
        self.each(|span, context| span.update_name(context, name));
    }

    fn record_error(&self, _: TraceContext, failure: &Failure<'_>) {
        self.each(|span, context| span.record_error(context, failure));
    }

    fn discard(&self, _: TraceContext) -> bool {
        let discarded = [&self.0, &self.1].map(|span| span.span().discard(span.context()));
        assert_eq!(discarded, [true; 2]);
        true
    }

    fn as_any(&self) -> &dyn Any {
        self
    }
}

struct State;

impl fmt::Debug for State {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("State { ready: true }")
    }
}

#[traced_actor]
enum Message {
    #[traced(fields(channel, ratio, urgent, text, state = ?state, pinned))]
    Post {
        channel: u64,
        ratio: f64,
        urgent: bool,
        text: String,
        state: State,
        pinned: Option<i64>,
    },
    #[traced(fields(channel))]
    Fail {
        channel: i32,
    },
    Panic,
    Note,
    #[traced(fanout = recipients.len())]
    Tell {
        recipients: Vec<mpsc::Sender<Message>>,
    },
    Aside,
}

struct Guild {
    receiver: mpsc::Receiver<Message>,
}

#[traced_actor]
impl Guild {
    async fn run(mut self) {
        while let Some(message) = self.receiver.recv().await {
            if let Message::Aside = message {
                let held = Envelope::hold(message);
                let _ = self.handle(held).await;
            } else {
                let _ = self.handle(message).await;
            }
        }
    }

    async fn handle(&mut self, message: Message) -> Result<(), fmt::Error> {
        let span = traced_actor::current_span();
        match message {
            Message::Post { .. } | Message::Aside => Ok(()),
            Message::Fail { .. } => Err(fmt::Error),
            Message::Panic => panic!("a test"),
            Message::Note => {
                span.set_attribute("lines", 3_u32);
                span.set_attribute("of", "a text that is longer than eight bytes");
                span.add_event("read");
                span.record_error(&"seen");
                span.update_name("Guild/Note in time");
                Ok(())
            }
            Message::Tell { recipients } => {
                for recipient in recipients {
                    let _ = recipient.send(Message::Fail { channel: -1 }).await;
                }
                Ok(())
            }
        }
    }
}

/// The attributes and all else that the two may differ in by design: ids are each recorder's own.
fn shown(span: &FinishedSpan) -> String {
    let FinishedSpan { name, start, end, wait, attributes, error, events, lost_context, .. } = span;
    // Of two errors the recorder keeps the last; the other one lists both types.
    let attributes: Vec<_> = attributes.iter().map(|(name, value)| format!("{name}={value:?}")).collect();
    let mut once = attributes.clone();
    once.dedup();
    let events: Vec<_> = events.iter().map(|event| event.name).collect();
    let (parent, links) = (span.parent.is_some(), span.links.len());
    let took = end.since(*start);
    format!(
        "{name} {took:?} {wait:?} {once:?} {error:?} {events:?} {lost_context} {parent} {links} {:?}",
        span.span_kind
    )
}

#[test]
fn a_span_is_what_another_recorder_makes_of_it() {
    let kept: Arc<Mutex<Vec<FinishedSpan>>> = Arc::default();
    let told: Arc<Mutex<Vec<FinishedSpan>>> = Arc::default();
    let (keeping, telling) = (kept.clone(), told.clone());
    // Triggers say more about the span.
    let mut triggers = TriggerOptions::default();
    (triggers.errors, triggers.panics) = (false, false);
    let flight = Flight::builder()
        .triggers(triggers)
        .interval(Duration::from_secs(3600))
        .keep(move |span| keeping.lock().unwrap().push(span))
        .start()
        .unwrap();
    let other = FinishedSpans::new(move |span| telling.lock().unwrap().push(span));
    record::install(Both(flight.recorder(), other)).unwrap();

    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    runtime.block_on(async {
        let (sender, receiver) = mpsc::channel(16);
        let post = |text: &str, pinned| Message::Post {
            channel: 7,
            ratio: 0.5,
            urgent: true,
            text: text.to_owned(),
            state: State,
            pinned,
        };
        for message in [
            post("", None),
            post("eight by", Some(-3)),
            post("seventeen bytes!!", None),
            Message::Fail { channel: 3 },
            Message::Note,
            Message::Aside,
            Message::Tell { recipients: vec![sender.clone(), sender.clone()] },
        ] {
            sender.send(message).await.ok().unwrap();
        }
        drop(sender);
        Guild { receiver }.run().traced().await;

        let (sender, receiver) = mpsc::channel(16);
        sender.send(Message::Panic).await.ok().unwrap();
        let _ = tokio::task::LocalSet::new()
            .run_until(async { tokio::task::spawn_local(Guild { receiver }.run()).await })
            .await;

        // Received where the actor is not known: the handler names the span.
        let (sender, mut plain) = mpsc::channel(16);
        let (_none, receiver) = mpsc::channel(16);
        sender.send(post("renamed", Some(1))).await.ok().unwrap();
        let pump = async {
            let message = plain.recv().await.unwrap();
            let _ = Guild { receiver }.handle(message).await;
        };
        pump.traced().await;

        // A batch, in a flow whose actor has a name.
        let (sender, mut receiver) = mpsc::channel(16);
        for _ in 0..3 {
            sender.send(Message::Note).await.ok().unwrap();
        }
        let batch = async {
            traced_actor::instance("eu-1");
            let mut messages = Vec::new();
            receiver.recv_many(&mut messages, 8).await
        };
        assert_eq!(batch.traced().await, 3);
    });
    flight.flush();

    let (kept, told) = (kept.lock().unwrap(), told.lock().unwrap());
    let (kept, told): (Vec<_>, Vec<_>) = (kept.iter().map(shown).collect(), told.iter().map(shown).collect());
    assert!(told.len() >= 10, "{told:#?}");
    for (kept, told) in kept.iter().zip(&told) {
        assert_eq!(kept, told);
    }
    assert_eq!(kept.len(), told.len());
    let counters = flight.counters();
    assert_eq!((counters.by_chance, counters.triggered), (told.len() as u64, 0));
    assert_eq!((counters.refused, counters.cut, counters.missed_bytes, counters.given_up), (0, 0, 0, 0));
}
