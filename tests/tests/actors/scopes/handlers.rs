//! Handlers: they adopt the span of the message just received, and end it with their own result.

use std::fmt;

use tokio::sync::oneshot;
use traced_actor::context::{ContextState, MessageContext};
use traced_actor::sync::mpsc;
use traced_actor::{Envelope, TraceContext, current_span, traced_actor};

use super::support::{Note, error_type, only, probe, spans};

#[derive(Debug)]
struct Refused(u32);

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "refused {}", self.0)
    }
}

#[traced_actor]
enum Request {
    Accept(u32),
    Refuse(u32),
    Finish { done: oneshot::Sender<()>, go_on: oneshot::Receiver<()> },
}

struct Server {
    receiver: mpsc::Receiver<Request>,
    notes: mpsc::Sender<Note>,
}

#[traced_actor(name = "Server")]
impl Server {
    async fn run(mut self) {
        while let Some(request) = self.receiver.recv().await {
            let finish = matches!(request, Request::Finish { .. });
            let _ = self.handle_message(request).await;
            if finish {
                self.notes.send(Note("behind the handler")).await.unwrap();
            }
        }
    }

    async fn handle_message(&mut self, message: Request) -> Result<(), Refused> {
        match message {
            Request::Accept(_) => self.notes.send(Note("accepted")).await.unwrap(),
            Request::Refuse(n) => return Err(Refused(n)),
            Request::Finish { done, go_on } => {
                done.send(()).unwrap();
                go_on.await.unwrap();
            }
        }
        Ok(())
    }
}

#[tokio::test]
async fn a_handler_in_a_loop_makes_one_span_and_ends_it_with_its_result() {
    let (notes, mut probe) = probe();
    let (sender, receiver) = mpsc::channel(8);
    let server = tokio::spawn(Server { receiver, notes }.run());
    sender.send(Request::Accept(1)).await.unwrap();
    sender.send(Request::Refuse(2)).await.unwrap();
    let ((done, finished), (release, go_on)) = (oneshot::channel(), oneshot::channel());
    sender.send(Request::Finish { done, go_on }).await.unwrap();
    finished.await.unwrap();
    assert_eq!(spans("Server").len(), 2, "each ended when its handler returned");
    release.send(()).unwrap();
    drop(sender);
    server.await.unwrap();

    let spans = spans("Server");
    let found: Vec<_> = spans.iter().map(|span| (span.name, span.error.as_deref())).collect();
    assert_eq!(
        found,
        [("Server/Accept", None), ("Server/Refuse", Some("refused 2")), ("Server/Finish", None)]
    );
    assert!(error_type(&spans[1]).unwrap().ends_with("::handlers::Refused"));
    // The message is its handler's, and over when that returns.
    assert_eq!(probe.notes(), [("accepted", Some(spans[0].context.span_id)), ("behind the handler", None)]);
}

/// The messages in a batch are not the one that was received.
#[tokio::test]
async fn a_handler_that_is_given_another_message_does_not_take_the_received_one_s_span() {
    #[traced_actor]
    enum Work {
        Batch(Vec<Work>),
        Item(u32),
    }
    struct Batching {
        receiver: mpsc::Receiver<Work>,
    }
    #[traced_actor(name = "Batching", msg = Work)]
    impl Batching {
        async fn run(mut self) {
            while let Some(work) = self.receiver.recv().await {
                match work {
                    Work::Batch(items) => {
                        for item in items {
                            self.handle(item).await;
                        }
                    }
                    work @ Work::Item(_) => self.handle(work).await,
                }
            }
        }

        async fn handle(&mut self, work: Work) {
            assert!(matches!(work, Work::Item(_)));
        }
    }
    let _ = probe();
    let (sender, receiver) = mpsc::channel(8);
    sender.send(Work::Batch(vec![Work::Item(1), Work::Item(2)])).await.unwrap();
    sender.send(Work::Item(3)).await.unwrap();
    drop(sender);
    Batching { receiver }.run().await;

    let spans = spans("Batching");
    let names: Vec<_> = spans.iter().map(|span| span.name).collect();
    assert_eq!(names, ["Batching/Item", "Batching/Item", "Batching/Batch", "Batching/Item"]);
    let batch = Some(spans[2].context.span_id);
    assert_eq!([spans[0].parent, spans[1].parent, spans[3].parent], [batch, batch, None]);
}

struct Direct {
    notes: mpsc::Sender<Note>,
}

#[traced_actor]
enum Order {
    Outer,
    Inner,
}

#[traced_actor(name = "Direct")]
impl Direct {
    async fn handle(&mut self, order: Order) -> u32 {
        match order {
            Order::Outer => {
                let inner = Box::pin(self.handle(Order::Inner)).await;
                self.notes.send(Note("outer")).await.unwrap();
                inner + 1
            }
            Order::Inner => {
                tokio::task::yield_now().await;
                self.notes.send(Note("inner")).await.unwrap();
                1
            }
        }
    }
}

#[tokio::test]
async fn a_direct_call_has_a_span_of_its_own_below_its_caller_s() {
    let (notes, mut probe) = probe();
    assert_eq!(Direct { notes: notes.clone() }.handle(Order::Outer).await, 2);
    notes.send(Note("outside")).await.unwrap();

    let spans = spans("Direct");
    assert_eq!((spans[0].name, spans[1].name), ("Direct/Inner", "Direct/Outer"));
    let (inner, outer) = (&spans[0], &spans[1]);
    assert_eq!((inner.parent, outer.parent), (Some(outer.context.span_id), None));
    assert_eq!(
        probe.notes(),
        [("inner", Some(inner.context.span_id)), ("outer", Some(outer.context.span_id)), ("outside", None)]
    );
}

#[tokio::test]
async fn an_envelope_is_handled_under_the_context_that_it_brings() {
    #[traced_actor]
    struct Parcel(u32);
    struct Depot;
    #[traced_actor(name = "Depot")]
    impl Depot {
        async fn handle(&self, parcel: Parcel) -> u32 {
            parcel.0
        }
    }
    #[traced_actor(name = "Post office")]
    struct Letter(u32);

    let _ = probe();
    let (letter, mut handling) = Envelope::bare(Letter(3)).open();
    let parcel = handling.run(async { Envelope::capture(Parcel(letter.0)) }).await;
    handling.end_ok();
    assert_eq!(Depot.handle(parcel).await, 3);
    assert_eq!(only("Depot").parent, Some(only("Post office").context.span_id));
}

#[test]
fn a_handler_that_is_not_async_is_handled_as_well() {
    #[traced_actor]
    enum Command {
        Set(u32),
        Reset,
    }
    struct Cell(u32, mpsc::Sender<Note>);
    #[traced_actor(name = "Cell")]
    impl Cell {
        fn handle_command(&mut self, command: Command, scale: u32) -> bool {
            self.1.try_send(Note("in")).unwrap();
            match command {
                Command::Set(n) => self.0 = n * scale,
                Command::Reset => panic!("refuses"),
            }
            true
        }
    }

    let (notes, mut probe) = probe();
    let mut cell = Cell(0, notes);
    assert!(cell.handle_command(Command::Set(3), 2));
    assert_eq!(cell.0, 6);
    let panicked =
        std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| cell.handle_command(Command::Reset, 1)));
    panicked.unwrap_err();
    let spans = spans("Cell");
    let outcomes: Vec<_> = spans.iter().map(|span| (span.name, error_type(span))).collect();
    assert_eq!(outcomes, [("Cell/Set", None), ("Cell/Reset", Some("panic".to_owned()))]);
    let sent: Vec<_> = spans.iter().map(|span| ("in", Some(span.context.span_id))).collect();
    assert_eq!(probe.notes(), sent);
}

#[tokio::test]
async fn a_handler_that_is_dropped_ends_as_cancelled() {
    #[traced_actor]
    struct Wait;
    struct Patient;
    #[traced_actor(name = "Patient")]
    impl Patient {
        async fn handle(&mut self, _: Wait) {
            std::future::pending::<()>().await;
        }
    }
    let _ = probe();
    let soon = std::time::Duration::from_millis(1);
    tokio::time::timeout(soon, Patient.handle(Wait)).await.unwrap_err();
    assert_eq!(error_type(&only("Patient")).as_deref(), Some("cancelled"));
}

/// The handler's future holds an `Rc` across an await.
#[tokio::test]
async fn a_handler_that_is_not_send_works_in_its_own_loop_on_a_local_set() {
    use std::rc::Rc;

    #[traced_actor]
    struct Local(u32);
    struct NotSend {
        receiver: mpsc::Receiver<Local>,
        sum: Rc<std::cell::Cell<u32>>,
    }
    #[traced_actor(name = "NotSend", local)]
    impl NotSend {
        async fn run(mut self) {
            while let Some(message) = self.receiver.recv().await {
                self.handle(message).await;
            }
        }

        async fn handle(&mut self, message: Local) {
            let sum = Rc::clone(&self.sum);
            tokio::task::yield_now().await;
            sum.set(sum.get() + message.0);
        }
    }

    let _ = probe();
    let (sender, receiver) = mpsc::channel(8);
    let sum = Rc::new(std::cell::Cell::new(0));
    let actor = NotSend { receiver, sum: sum.clone() };
    tokio::task::LocalSet::new()
        .run_until(async {
            let task = tokio::task::spawn_local(actor.run());
            sender.send(Local(2)).await.unwrap();
            sender.send(Local(3)).await.unwrap();
            drop(sender);
            task.await.unwrap();
        })
        .await;
    assert_eq!(sum.get(), 5);
    assert_eq!(spans("NotSend").len(), 2);
}

/// `MessageContext::current` inside of a handler, and after it.
#[tokio::test]
async fn the_current_context_is_that_of_the_message_that_is_handled() {
    #[traced_actor]
    enum Ask {
        Kept,
        #[traced(sample = never)]
        Dropped,
    }

    struct Asked {
        receiver: mpsc::Receiver<Ask>,
        found: Vec<(MessageContext, Option<TraceContext>)>,
    }

    #[traced_actor(name = "Asked")]
    impl Asked {
        async fn run(mut self) -> Vec<(MessageContext, Option<TraceContext>)> {
            while let Some(message) = self.receiver.recv().await {
                self.handle_message(message).await;
                self.found.push((MessageContext::current(), current_span().context()));
            }
            self.found
        }

        async fn handle_message(&mut self, _: Ask) {
            self.found.push((MessageContext::current(), current_span().context()));
        }
    }

    probe();
    let (sender, receiver) = mpsc::channel(8);
    sender.send(Ask::Kept).await.unwrap();
    sender.send(Ask::Dropped).await.unwrap();
    drop(sender);
    let found = Asked { receiver, found: Vec::new() }.run().await;

    let span = only("Asked");
    let [kept, behind, dropped, last] = &found[..] else { panic!("{found:?}") };
    assert_eq!(kept.1, Some(span.context));
    let ContextState::Sampled(context) = kept.0.state() else { panic!("{kept:?}") };
    assert_eq!((context.context, context.hops, context.remote), (span.context, 0, false));
    assert!(dropped.0.is_unsampled() && dropped.1.is_none(), "{dropped:?}");
    for nothing in [behind, last] {
        assert!(nothing.0.is_absent() && nothing.1.is_none(), "{nothing:?}");
    }
    assert!(MessageContext::current().is_absent());
}
