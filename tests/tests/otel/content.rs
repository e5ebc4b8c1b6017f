//! The content of a span: name, kind, attributes, status, links.

use std::fmt;
use std::time::{Duration, Instant};

use opentelemetry::trace::{SpanContext, SpanKind, Status};
use opentelemetry::{Context, Value};
use traced_actor::sync::mpsc;
use traced_actor::{Envelope, Exit, Fields, Kind, Message, OnPanic, Options, Spawn, TracedExt, traced_actor};

use crate::support::{
    assert_child, assert_root, attribute, float, handle_all, identity, install, int, only, root, spans,
    take_all, text,
};

// ----- one actor, from its annotation -----

#[traced_actor(name = "Guild")]
enum GuildMessage {
    #[traced(fields(channel, text_len = text.len(), %user, ?urgent))]
    Post {
        channel: u64,
        text: String,
        user: &'static str,
        urgent: bool,
    },
    Fail,
    Panic,
}

#[derive(Default)]
struct Guild;

#[derive(Debug)]
struct PostError;

impl fmt::Display for PostError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the channel is archived")
    }
}

#[traced_actor(name = "Guild")]
impl Guild {
    async fn handle(&mut self, message: GuildMessage) -> Result<(), PostError> {
        tokio::task::yield_now().await;
        match message {
            GuildMessage::Post { channel, text, user, urgent } => {
                let _ = (channel, text, user, urgent);
                Ok(())
            }
            GuildMessage::Fail => Err(PostError),
            GuildMessage::Panic => panic!("on purpose"),
        }
    }
}

#[tokio::test]
async fn a_span_has_the_name_kind_and_attributes_of_its_message() {
    install();
    let guild = Spawn::new(Guild).instance("guild-7").start();
    let post = GuildMessage::Post { channel: 3, text: "hello".into(), user: "ada", urgent: true };
    guild.cast(post).await.unwrap();
    assert_eq!(guild.join().await.unwrap(), Some(Exit::Unreferenced));

    let span = only("Guild/Post");
    assert_eq!(span.name, "Guild/Post");
    assert_eq!(span.span_kind, SpanKind::Consumer);
    assert_eq!(span.status, Status::Unset);
    assert_eq!(span.instrumentation_scope.name(), "traced-actor");
    assert_root(&span);
    assert!(span.start_time <= span.end_time);

    let keys: Vec<&str> = span.attributes.iter().map(|attribute| attribute.key.as_str()).collect();
    assert_eq!(
        keys,
        [
            "messaging.system",
            "messaging.operation.name",
            "messaging.operation.type",
            "messaging.destination.name",
            "actor.name",
            "actor.instance",
            "actor.message.kind",
            "sampling.reason",
            "sampling.probability",
            "actor.message.mode",
            "channel",
            "text_len",
            "user",
            "urgent",
        ]
    );
    let texts = [
        ("messaging.system", "traced_actor"),
        ("messaging.operation.name", "process"),
        ("messaging.operation.type", "process"),
        ("messaging.destination.name", "Guild"),
        ("actor.name", "Guild"),
        ("actor.instance", "guild-7"),
        ("actor.message.kind", "Post"),
        ("sampling.reason", "always_on"),
        ("user", "ada"),
        ("urgent", "true"),
    ];
    for (key, expected) in texts {
        assert_eq!(text(&span, key).as_deref(), Some(expected), "{key}");
    }
    assert_eq!(float(&span, "sampling.probability"), Some(1.0));
    assert_eq!((int(&span, "channel"), int(&span, "text_len")), (Some(3), Some(5)));
}

#[tokio::test]
async fn an_error_is_the_span_s_status_with_the_path_of_its_type() {
    install();
    let guild = Spawn::new(Guild).start();
    guild.cast(GuildMessage::Fail).await.unwrap();
    guild.join().await.unwrap();

    let span = only("Guild/Fail");
    assert_eq!(span.status, Status::error("the channel is archived"));
    assert_eq!(text(&span, "error.type").as_deref(), Some(concat!(module_path!(), "::PostError")));
    assert_eq!(attribute(&span, "actor.instance"), None);
}

#[tokio::test]
async fn a_panic_is_the_span_s_status_and_the_actor_goes_on_if_its_hook_says_so() {
    install();
    #[traced_actor(name = "Fragile")]
    enum FragileMessage {
        Break,
        Work,
    }
    struct Fragile;
    #[traced_actor(name = "Fragile")]
    impl Fragile {
        async fn handle(&mut self, message: FragileMessage) {
            tokio::task::yield_now().await;
            assert!(!matches!(message, FragileMessage::Break), "on purpose");
        }
    }

    let fragile = Spawn::new(Fragile).on_panic(|_, _| OnPanic::Continue).start();
    fragile.cast(FragileMessage::Break).await.unwrap();
    fragile.cast(FragileMessage::Work).await.unwrap();
    fragile.join().await.unwrap();

    let broken = only("Fragile/Break");
    assert!(matches!(broken.status, Status::Error { .. }), "{:?}", broken.status);
    assert_eq!(text(&broken, "error.type").as_deref(), Some("panic"));
    let work = only("Fragile/Work");
    assert_eq!(work.status, Status::Unset);
    assert_root(&work);
}

#[tokio::test]
async fn an_actor_that_ends_by_a_panic_has_recorded_it() {
    install();
    let guild = Spawn::new(Guild).start();
    guild.cast(GuildMessage::Panic).await.unwrap();
    assert_eq!(guild.join().await.unwrap(), Some(Exit::Panicked));
    assert_eq!(text(&only("Guild/Panic"), "error.type").as_deref(), Some("panic"));
}

/// A loop without a handler: the panic unwinds through its scope.
#[tokio::test]
async fn a_panic_in_a_plain_loop_is_recorded_on_its_way_out() {
    install();
    #[traced_actor]
    struct Unwound;

    let (sender, receiver) = mpsc::channel(1);
    sender.send(Unwound).await.unwrap();
    let actor = tokio::spawn(handle_all(receiver, async |Unwound| panic!("on purpose")));
    assert!(actor.await.unwrap_err().is_panic());

    let span = only("Unwound");
    assert!(matches!(span.status, Status::Error { .. }), "{:?}", span.status);
    assert_eq!(text(&span, "error.type").as_deref(), Some("panic"));
}

#[tokio::test]
async fn a_loop_that_is_aborted_ends_its_span_as_cancelled() {
    install();
    #[traced_actor]
    struct Aborted;

    let (sender, receiver) = mpsc::channel(1);
    let (started, mut has_started) = tokio::sync::mpsc::channel(1);
    sender.send(Aborted).await.unwrap();
    let actor = tokio::spawn(handle_all(receiver, async move |Aborted| {
        started.send(()).await.unwrap();
        std::future::pending::<()>().await;
    }));
    has_started.recv().await.unwrap();
    actor.abort();
    assert!(actor.await.unwrap_err().is_cancelled());

    let span = only("Aborted");
    assert!(matches!(span.status, Status::Error { .. }), "{:?}", span.status);
    assert_eq!(text(&span, "error.type").as_deref(), Some("cancelled"));
}

/// The recipe for foreign channels ends a span by dropping its `MessageSpan`, and nothing has failed then.
#[test]
fn a_message_whose_handling_is_dropped_has_not_failed() {
    install();
    #[traced_actor]
    struct Dropped;

    let (Dropped, handling) = Envelope::bare(Dropped).open();
    drop(handling);
    let span = only("Dropped");
    assert_eq!(span.status, Status::Unset);
    assert_eq!(attribute(&span, "error.type"), None);
}

// ----- the mailbox -----

#[tokio::test]
async fn the_wait_in_the_mailbox_is_in_seconds() {
    install();
    #[traced_actor]
    struct Waiting;

    let (sender, receiver) = mpsc::channel(1);
    let before = Instant::now();
    {
        let _guard = root("caller").attach();
        sender.try_send(Waiting).unwrap();
    }
    let sent = Instant::now();
    drop(sender);
    while sent.elapsed() < Duration::from_millis(20) {
        tokio::task::yield_now().await;
    }
    let at_least = sent.elapsed();
    take_all(receiver).await;
    let at_most = before.elapsed();

    let wait = float(&only("Waiting"), "actor.mailbox.wait").expect("a sampled message has waited");
    assert!(
        (at_least.as_secs_f64()..=at_most.as_secs_f64()).contains(&wait),
        "{at_least:?} {wait} {at_most:?}"
    );
}

/// A message without a context was sent by nobody that knows when.
#[tokio::test]
async fn a_root_s_wait_is_not_known() {
    install();
    #[traced_actor]
    struct Rootless;

    let (sender, receiver) = mpsc::channel(1);
    sender.send(Rootless).await.unwrap();
    drop(sender);
    take_all(receiver).await;
    assert_eq!(attribute(&only("Rootless"), "actor.mailbox.wait"), None);
}

// ----- bounds -----

/// A message that records more than anybody should.
struct Excess(String);

impl Message for Excess {
    const OPTIONS: Options = Options::new().name("Excess");

    fn kind(&self) -> &'static Kind {
        static KIND: Kind = Kind::new("All");
        &KIND
    }

    fn record(&self, fields: &mut Fields<'_>) {
        fields.record("text", &self.0);
        for n in 0..200 {
            fields.record("number", &n);
        }
    }
}

#[test]
fn fields_are_bounded_in_number_and_length() {
    install();
    use traced_actor::field::{MAX_FIELDS, MAX_VALUE_BYTES};

    // Two bytes a letter behind one byte: the bound is within a letter.
    let (_, handling) = Envelope::bare(Excess(format!("a{}", "é".repeat(MAX_VALUE_BYTES)))).open();
    handling.end_ok();

    let span = only("Excess/All");
    let text = text(&span, "text").unwrap();
    assert_eq!(text.len(), MAX_VALUE_BYTES - 1);
    assert!(text.ends_with('é'));
    let numbers: Vec<&Value> = span
        .attributes
        .iter()
        .filter(|attribute| attribute.key.as_str() == "number")
        .map(|attribute| &attribute.value)
        .collect();
    let expected: Vec<Value> = (0..).map(Value::I64).take(MAX_FIELDS - 1).collect();
    assert_eq!(numbers, expected.iter().collect::<Vec<_>>());
    assert_eq!(span.dropped_attributes_count, 0, "the bound is below the SDK's own limit");
}

#[tokio::test]
async fn an_error_s_words_are_bounded() {
    install();
    #[traced_actor(name = "Wordy")]
    struct Speak;
    struct Wordy;
    #[traced_actor(name = "Wordy")]
    impl Wordy {
        async fn handle(&mut self, message: Speak) -> Result<(), String> {
            let Speak = message;
            tokio::task::yield_now().await;
            Err("x".repeat(5000))
        }
    }

    let wordy = Spawn::new(Wordy).start();
    wordy.cast(Speak).await.unwrap();
    wordy.join().await.unwrap();
    let span = only("Wordy");
    assert_eq!(span.status, Status::error("x".repeat(traced_actor::field::MAX_VALUE_BYTES)));
    assert_eq!(text(&span, "error.type").as_deref(), Some("alloc::string::String"));
}

// ----- batches -----

#[traced_actor]
struct Batched;

#[traced_actor]
struct FromBatch;

#[tokio::test]
async fn a_batch_is_one_span_with_a_link_for_each_sampled_sender() {
    install();
    let callers: Vec<Context> = ["first caller", "second caller"].map(root).into();
    let (sender, mut receiver) = mpsc::channel(4);
    let (next, to_next) = mpsc::channel(1);
    for caller in &callers {
        let _guard = caller.clone().attach();
        sender.try_send(Batched).unwrap();
    }
    {
        let _suppressed = Context::enter_telemetry_suppressed_scope();
        sender.try_send(Batched).unwrap();
    }
    async move {
        let mut batch = Vec::new();
        assert_eq!(receiver.recv_many(&mut batch, 8).await, 3);
        next.send(FromBatch).await.unwrap();
    }
    .traced()
    .await;
    take_all(to_next).await;

    let span = only("Batched");
    assert_eq!(span.name, "Batched/batch");
    assert_eq!(span.span_kind, SpanKind::Consumer);
    assert_eq!(int(&span, "messaging.batch.message_count"), Some(3));
    assert_eq!(text(&span, "sampling.reason").as_deref(), Some("link"));
    let ids = |context: &SpanContext| (context.trace_id(), context.span_id(), context.is_sampled());
    let links: Vec<_> = span.links.iter().map(|link| ids(&link.span_context)).collect();
    assert_eq!(links, callers.iter().map(|caller| ids(&identity(caller))).collect::<Vec<_>>());
    assert_eq!(span.parent_span_id, opentelemetry::trace::SpanId::INVALID);
    assert!(callers.iter().all(|caller| identity(caller).trace_id() != span.span_context.trace_id()));
    assert_child(&only("FromBatch"), &span.span_context);
}

#[tokio::test]
async fn the_links_of_a_large_batch_are_bounded() {
    install();
    #[traced_actor]
    struct Crowded;
    const MESSAGES: usize = 200;

    let (sender, mut receiver) = mpsc::channel(MESSAGES);
    for _ in 0..MESSAGES {
        let _guard = root("caller").attach();
        sender.try_send(Crowded).unwrap();
    }
    async move { receiver.recv_many(&mut Vec::new(), MESSAGES).await }.traced().await;

    let span = only("Crowded");
    assert_eq!(int(&span, "messaging.batch.message_count"), Some(200));
    assert_eq!(span.links.len(), traced_actor::record::MAX_LINKS);
}

#[tokio::test]
async fn a_batch_of_one_is_a_message_like_any_other() {
    install();
    #[traced_actor]
    struct Lonely;

    let caller = root("caller");
    let (sender, mut receiver) = mpsc::channel(1);
    {
        let _guard = caller.clone().attach();
        sender.try_send(Lonely).unwrap();
    }
    async move { receiver.recv_many(&mut Vec::new(), 8).await }.traced().await;

    let span = only("Lonely");
    assert_eq!(span.name, "Lonely/Lonely");
    assert_child(&span, &identity(&caller));
    assert_eq!(attribute(&span, "messaging.batch.message_count"), None);
    assert_eq!(spans("Lonely").len(), 1);
}

// ----- an operation that is not a message of an actor -----

struct Request;

impl Message for Request {
    fn kind(&self) -> &'static Kind {
        static GET: Kind = Kind::operation("GET", traced_actor::context::SpanKind::Server);
        &GET
    }

    fn record(&self, fields: &mut Fields<'_>) {
        fields.record("http.request.method", "GET");
    }
}

/// An operation has its own name, even if it is known only later. Its kind is not that of a message, and it has no
/// attributes of actors.
#[test]
fn an_operation_has_its_own_name_and_span_kind() {
    install();
    let (_, mut handling) =
        Envelope::bare(Request).open_in(const { &Options::new().name("operation server").start_always() });
    {
        let _entered = handling.enter();
        let current = traced_actor::current_span();
        current.update_name(&format!("GET /users/{}", "{operation}"));
        current.set_attribute("http.response.status_code", 200);
    }
    handling.end_ok();

    let span = &only("GET /users/{operation}");
    assert_eq!(span.span_kind, SpanKind::Server);
    let keys: Vec<&str> = span.attributes.iter().map(|attribute| attribute.key.as_str()).collect();
    assert_eq!(
        keys,
        ["sampling.reason", "sampling.probability", "http.request.method", "http.response.status_code"]
    );
}

#[test]
fn an_operation_on_several_messages_is_a_root_with_a_link_to_each() {
    install();
    let callers: Vec<Context> = ["batch caller", "another batch caller"].map(root).into();
    let contexts = callers.iter().map(|caller| {
        let _guard = caller.clone().attach();
        Envelope::capture(Request).into_parts().1
    });
    let contexts = contexts.chain([traced_actor::context::MessageContext::UNSAMPLED]).collect();
    let options = const { &Options::new().name("operation batch") };
    let (_, mut handling) = Envelope::bare(Request).open_batch(contexts, options);
    {
        let _entered = handling.enter();
        traced_actor::current_span().update_name("process batches");
    }
    handling.end_ok();

    let span = only("process batches");
    assert_eq!(span.parent_span_id, opentelemetry::trace::SpanId::INVALID);
    assert_eq!(span.span_kind, SpanKind::Server);
    let linked: Vec<_> = span.links.iter().map(|link| link.span_context.span_id()).collect();
    assert_eq!(linked, callers.iter().map(|caller| identity(caller).span_id()).collect::<Vec<_>>());
    assert_eq!(text(&span, "http.request.method").as_deref(), Some("GET"));
}
