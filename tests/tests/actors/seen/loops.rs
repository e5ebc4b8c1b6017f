//! Receive loops in their other forms: over streams, as free functions, as methods of a trait.

use futures_util::StreamExt;
use traced_actor::sync::mpsc;
use traced_actor::sync::stream::ReceiverStream;
use traced_actor::{Envelope, TracedExt, testkit, traced_actor};

use super::{Note, check, check_notes, sent};

#[traced_actor]
pub(crate) enum RoomCommand {
    Enter,
    Leave,
}

fn commands() -> Vec<RoomCommand> {
    vec![RoomCommand::Enter, RoomCommand::Leave]
}

struct Radio {
    tunes: ReceiverStream<RoomCommand>,
    notes: mpsc::Sender<Note>,
}

#[traced_actor]
impl Radio {
    async fn run(mut self) {
        while let Some(tune) = self.tunes.next().await {
            self.handle_message(tune).await;
        }
    }

    async fn handle_message(&mut self, _: RoomCommand) {
        self.notes.send(Note).await.ok();
    }
}

#[tokio::test]
async fn a_stream_of_ours_is_a_mailbox() {
    let (notes, mut noted) = mpsc::channel(8);
    let tunes = ReceiverStream::new(sent(commands()).await);
    tokio::spawn(Radio { tunes, notes }.run()).await.unwrap();
    check("Radio", &[("Enter", None), ("Leave", None)]);
    check_notes(&mut noted, 2);
}

#[traced_actor(name = "LocalStream")]
async fn from_a_local_stream(receiver: mpsc::Receiver<RoomCommand>, notes: mpsc::Sender<Note>) {
    let mut commands = ReceiverStream::new(receiver);
    while let Some(command) = commands.next().await {
        match command {
            RoomCommand::Enter | RoomCommand::Leave => notes.send(Note).await.unwrap(),
        }
    }
}

#[tokio::test]
async fn a_stream_may_be_made_in_the_loop() {
    let (notes, mut noted) = mpsc::channel(8);
    tokio::spawn(from_a_local_stream(sent(commands()).await, notes)).await.unwrap();
    check("LocalStream", &[("Enter", None), ("Leave", None)]);
    check_notes(&mut noted, 2);
}

/// The tutorial's shape, with the attribute on one of the two or on both, and a handler under any name.
macro_rules! free_loop {
    ($test:ident $actor:ident $message:ident, [$($on_fn:tt)*], [$($on_impl:tt)*], $name:literal, $leave:expr) => {
        mod $test {
            use super::*;

            #[traced_actor]
            pub(super) enum $message {
                Enter,
                Leave,
            }

            pub(super) struct $actor {
                pub(super) inbox: mpsc::Receiver<$message>,
                pub(super) notes: mpsc::Sender<Note>,
            }

            $($on_impl)*
            impl $actor {
                async fn on_room_event(&mut self, command: $message) -> Result<(), String> {
                    self.notes.send(Note).await.ok();
                    match command {
                        $message::Enter => Ok(()),
                        $message::Leave => Err("not in".to_owned()),
                    }
                }
            }

            $($on_fn)*
            pub(super) async fn run(mut room: $actor) {
                while let Some(command) = room.inbox.recv().await {
                    room.on_room_event(command).await.ok();
                }
            }
        }

        #[tokio::test]
        async fn $test() {
            let (notes, mut noted) = mpsc::channel(8);
            let inbox = sent(vec![$test::$message::Enter, $test::$message::Leave]).await;
            tokio::spawn($test::run($test::$actor { inbox, notes })).await.unwrap();
            check($name, &[("Enter", None), ("Leave", $leave)]);
            check_notes(&mut noted, 2);
        }
    };
}

free_loop!(the_function_and_the_impl Hall HallCommand, [#[traced_actor]], [#[traced_actor]], "Hall", Some("not in"));
// Received before anybody knows the actor: the handler names the span.
free_loop!(the_impl_alone Yard YardCommand, [], [#[traced_actor]], "Yard", Some("not in"));
// Its handler is not wrapped, so its result is nobody's.
free_loop!(the_function_alone Attic AtticCommand, [#[traced_actor]], [], "Attic", None);

/// There is no task, and so no flow. The message's handler still finds its span.
#[tokio::test]
async fn a_loop_that_nobody_annotated_may_run_in_the_main_future() {
    mod hut {
        use super::*;

        #[traced_actor]
        pub(super) enum HutCommand {
            Enter,
            Leave,
            #[traced(skip)]
            Look,
        }

        pub(super) struct Hut {
            pub(super) inbox: mpsc::Receiver<HutCommand>,
        }

        #[traced_actor]
        impl Hut {
            pub(super) async fn on_hut_event(&mut self, command: HutCommand) -> Result<(), String> {
                tokio::task::yield_now().await;
                if matches!(command, HutCommand::Leave) { Err("not in".to_owned()) } else { Ok(()) }
            }
        }

        pub(super) async fn run(mut hut: Hut) {
            while let Some(command) = hut.inbox.recv().await {
                hut.on_hut_event(command).await.ok();
            }
        }
    }
    use hut::HutCommand::{Enter, Leave, Look};
    hut::run(hut::Hut { inbox: sent(vec![Enter, Look, Leave]).await }).await;
    check("Hut", &[("Enter", None), ("Leave", Some("not in"))]);
    check("HutCommand", &[]);
    let span = &testkit::install().named("Hut")[0];
    let is_hut = |name| span.attribute(name).map(ToString::to_string).as_deref() == Some("Hut");
    assert!(is_hut("actor.name") && is_hut("messaging.destination.name"), "{span:?}");

    // Of two that it may be it is neither.
    let (first, second) = (sent(vec![Enter]).await, sent(vec![Enter]).await);
    let (mut first, mut second) = (first, second);
    let (one, other) = (first.recv().await.unwrap(), second.recv().await.unwrap());
    let mut hut = hut::Hut { inbox: first };
    drop((hut.on_hut_event(other).await, one));
    let spans = testkit::install().named("Hut");
    let last = spans.last().unwrap();
    assert_eq!((last.parent, last.links.len()), (None, 0), "it is nobody's");
}

trait Service {
    fn serve(&mut self) -> impl Future<Output = Result<u8, String>> + Send;
    fn serve_on_a_thread(&mut self) -> u8;
}

struct Desk(mpsc::Receiver<RoomCommand>);

impl Service for Desk {
    #[traced_actor(name = "TraitLoop")]
    async fn serve(&mut self) -> Result<u8, String> {
        let mut left = 0;
        while let Some(command) = self.0.recv().await {
            match command {
                RoomCommand::Enter => {}
                RoomCommand::Leave if left == 0 => left += 1,
                RoomCommand::Leave => return Err(format!("{left} have left")),
            }
        }
        let more: u8 = "1".parse().map_err(|_| String::new())?;
        Ok(left + more)
    }

    #[traced_actor(name = "TraitThread")]
    fn serve_on_a_thread(&mut self) -> u8 {
        let mut left = 0;
        while let Some(command) = self.0.blocking_recv() {
            left += u8::from(matches!(command, RoomCommand::Leave));
        }
        left
    }
}

#[tokio::test]
async fn the_loop_may_be_a_method_of_a_trait() {
    let mut desk = Desk(sent(commands()).await);
    assert_eq!(desk.serve().await, Ok(2));
    check("TraitLoop", &[("Enter", None), ("Leave", None)]);

    let mut desk = Desk(sent(commands()).await);
    assert_eq!(tokio::task::spawn_blocking(move || desk.serve_on_a_thread()).await.unwrap(), 1);
    check("TraitThread", &[("Enter", None), ("Leave", None)]);
}

#[traced_actor]
pub(crate) enum BlockCommand {
    Enter,
    Leave,
}

struct Spawner {
    notes: usize,
}

#[traced_actor]
impl Spawner {
    fn start(mut self, mut commands: mpsc::Receiver<BlockCommand>) -> tokio::task::JoinHandle<()> {
        tokio::spawn(
            async move {
                while let Some(command) = commands.recv().await {
                    self.apply(command).await.ok();
                }
            }
            .traced(),
        )
    }

    async fn apply(&mut self, command: BlockCommand) -> Result<(), &'static str> {
        self.notes += 1;
        match command {
            BlockCommand::Enter => Ok(()),
            BlockCommand::Leave => Err("not in"),
        }
    }
}

#[tokio::test]
async fn a_block_that_is_traced_hands_to_the_handler() {
    Spawner { notes: 0 }.start(sent(vec![BlockCommand::Enter, BlockCommand::Leave]).await).await.unwrap();
    // The block has no name of its own, and the handler has one.
    check("Spawner", &[("Enter", None), ("Leave", Some("not in"))]);
}

/// A loop that returns early, in the method of a trait: its body stays where it is.
trait Patrol {
    fn patrol(&mut self) -> Result<u8, String>;
    fn patrol_quietly(&mut self);
    fn posts(&mut self) -> impl Iterator<Item = u8>;
    fn last(&mut self) -> &mut Vec<u8>;
}

struct Guard {
    rounds: mpsc::Receiver<RoomCommand>,
    seen: Vec<u8>,
}

#[expect(clippy::needless_return, reason = "a body that returns")]
impl Patrol for Guard {
    #[traced_actor(name = "Patrol")]
    fn patrol(&mut self) -> Result<u8, String> {
        while let Ok(command) = self.rounds.try_recv() {
            match command {
                RoomCommand::Enter => self.seen.push(1),
                RoomCommand::Leave => Err("nobody here".to_owned())?,
            }
        }
        return Ok(0);
    }

    #[traced_actor(name = "QuietPatrol")]
    fn patrol_quietly(&mut self) {
        while let Ok(command) = self.rounds.try_recv() {
            if matches!(command, RoomCommand::Leave) {
                return;
            }
        }
    }

    #[traced_actor(name = "Posts")]
    fn posts(&mut self) -> impl Iterator<Item = u8> {
        while self.rounds.try_recv().is_ok() {
            self.seen.push(2);
        }
        self.seen.iter().copied()
    }

    #[traced_actor(name = "Last")]
    fn last(&mut self) -> &mut Vec<u8> {
        while self.rounds.try_recv().is_ok() {
            self.seen.push(3);
        }
        return &mut self.seen;
    }
}

#[tokio::test]
async fn a_loop_in_place_may_return_early() {
    let guard = async || Guard { rounds: sent(commands()).await, seen: Vec::new() };
    assert_eq!(guard().await.patrol(), Err("nobody here".to_owned()));
    check("Patrol", &[("Enter", None), ("Leave", Some("nobody here"))]);
    guard().await.patrol_quietly();
    check("QuietPatrol", &[("Enter", None), ("Leave", None)]);
    assert_eq!(guard().await.posts().count(), 2);
    check("Posts", &[("Enter", None), ("Leave", None)]);
    assert_eq!(guard().await.last().len(), 2);
    check("Last", &[("Enter", None), ("Leave", None)]);
}

/// A batch that is polled for: in the loop, or by a helper.
struct Sweeper {
    rounds: mpsc::Receiver<RoomCommand>,
    notes: mpsc::Sender<Note>,
}

#[traced_actor]
impl Sweeper {
    async fn run(mut self) {
        let mut batch = Vec::new();
        while std::future::poll_fn(|cx| self.rounds.poll_recv_many(cx, &mut batch, 8)).await > 0 {
            for command in batch.drain(..) {
                self.sweep(command).await;
            }
        }
    }

    async fn sweep(&mut self, _: RoomCommand) {
        self.notes.send(Note).await.ok();
    }
}

struct Raker {
    rounds: mpsc::Receiver<RoomCommand>,
    batch: Vec<RoomCommand>,
    notes: mpsc::Sender<Note>,
}

#[traced_actor]
impl Raker {
    async fn run(mut self) {
        while self.fill().await > 0 {
            for command in std::mem::take(&mut self.batch) {
                self.rake(command).await;
            }
        }
    }

    async fn fill(&mut self) -> usize {
        std::future::poll_fn(|context| self.rounds.poll_recv_many(context, &mut self.batch, 8)).await
    }

    async fn rake(&mut self, _: RoomCommand) {
        self.notes.send(Note).await.ok();
    }
}

#[tokio::test]
async fn a_batch_may_be_polled_for() {
    let (notes, mut noted) = mpsc::channel(8);
    let sweeper = Sweeper { rounds: sent(commands()).await, notes: notes.clone() };
    tokio::spawn(sweeper.run()).await.unwrap();
    check("Sweeper", &[("batch", None), ("Enter", None), ("Leave", None)]);
    check_notes(&mut noted, 2);
    let raker = Raker { rounds: sent(commands()).await, batch: Vec::new(), notes };
    tokio::spawn(raker.run()).await.unwrap();
    check("Raker", &[("batch", None), ("Enter", None), ("Leave", None)]);
    check_notes(&mut noted, 2);
}

struct Porter {
    orders: mpsc::Receiver<RoomCommand>,
    notes: mpsc::Sender<Note>,
}

#[traced_actor]
impl Porter {
    /// Puts each `Leave` aside until somebody enters.
    async fn run(mut self) {
        let mut waiting = Vec::new();
        while let Some(order) = self.orders.recv().await {
            match order {
                RoomCommand::Enter => {
                    let later = &mut waiting;
                    while let Some((order, mut span)) = later.pop().map(Envelope::open) {
                        assert!(matches!(order, RoomCommand::Leave));
                        span.run(async { self.notes.send(Note).await.unwrap() }).await;
                    }
                }
                order @ RoomCommand::Leave => waiting.push(Envelope::hold(order)),
            }
        }
    }
}

#[tokio::test]
async fn a_loop_without_a_handler_may_hold_a_message() {
    let spans = testkit::record();
    let (notes, mut noted) = mpsc::channel(8);
    let (orders, received) = mpsc::channel(8);
    for order in [RoomCommand::Leave, RoomCommand::Enter, RoomCommand::Enter] {
        orders.send(order).await.unwrap();
    }
    drop(orders);
    Porter { orders: received, notes }.run().await;
    // The note continues the order that was put aside, not the one that was received last.
    let left = spans.named("Porter/Leave");
    assert_eq!((left.len(), spans.named("Porter/Enter").len()), (1, 2));
    let note = noted.try_recv_envelope().unwrap();
    assert_eq!(note.context().expect("it is sampled").span_id, left[0].context.span_id);
    assert!(noted.try_recv_envelope().is_err());
}
