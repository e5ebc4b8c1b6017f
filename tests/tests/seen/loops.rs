//! Receive loops in their other forms: over streams, as free functions, as methods of a trait.

use futures_util::StreamExt;
use traced_actor::sync::mpsc;
use traced_actor::sync::stream::ReceiverStream;
use traced_actor::{TracedExt, traced_actor};

use crate::{Note, check, check_notes, sent};

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
// Received before anybody knows the actor: the span is called like the message.
free_loop!(the_impl_alone Yard YardCommand, [], [#[traced_actor]], "YardCommand", Some("not in"));
// Its handler is not wrapped, so its result is nobody's.
free_loop!(the_function_alone Attic AtticCommand, [#[traced_actor]], [], "Attic", None);

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
    // The block has no name of its own.
    check("BlockCommand", &[("Enter", None), ("Leave", Some("not in"))]);
}
