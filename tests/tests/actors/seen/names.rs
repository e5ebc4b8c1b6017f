//! The names of actors and messages.

use traced_actor::sync::{mpsc, oneshot};
use traced_actor::{testkit, traced_actor};

use super::{check, in_trace, sent};

pub(crate) struct Order(pub(crate) u32);

async fn sent_of<T: Send>(message: T) -> mpsc::Receiver<T> {
    testkit::install();
    let (sender, receiver) = mpsc::channel_named_by_type(1);
    in_trace(async { sender.send(message).await.ok().unwrap() }).await;
    receiver
}

/// The kind of a message whose type has no annotation.
macro_rules! kinds {
    ($($test:ident $actor:literal: $message:ty = $value:expr => $kind:literal;)*) => {$(
        #[tokio::test]
        async fn $test() {
            #[traced_actor(name = $actor)]
            async fn run(mut messages: mpsc::Receiver<$message>) {
                while let Some(message) = messages.recv().await {
                    let _: $message = message;
                }
            }
            let receiver = sent_of::<$message>($value).await;
            tokio::spawn(run(receiver)).await.unwrap();
            check($actor, &[($kind, None)]);
        }
    )*};
}

kinds! {
    command_and_reply "K1": (Order, oneshot::Sender<u32>) = (Order(1), oneshot::channel().0) => "Order";
    tuple "K2": (Order, std::net::SocketAddr) = (Order(2), ([0; 4], 0).into()) => "(Order, SocketAddr)";
    boxed_closure "K3": Box<dyn FnOnce() + Send> = Box::new(|| ()) => "FnOnce()";
    closure_of_order "K4": Box<dyn FnOnce(Order) -> Order + Send> = Box::new(|order| order) => "FnOnce(Order) -> Order";
    option "K5": Option<Order> = Some(Order(5)) => "Order";
    result "K6": Result<Order, std::io::Error> = Ok(Order(6)) => "Order";
    boxed "K7": Box<Order> = Box::new(Order(7)) => "Order";
    array "K8": [u8; 4] = [0; 4] => "[u8; 4]";
    text "K9": &'static str = "text" => "&str";
    vector "K10": Vec<Order> = vec![Order(10)] => "Vec<Order>";
    unit "K11": () = () => "()";
    function "K12": fn(u8) -> u16 = u16::from => "fn(u8) -> u16";
}

#[test]
fn an_order_has_a_number() {
    assert_eq!(Order(3).0, 3);
}

#[traced_actor]
pub(crate) enum Command {
    Join,
    #[traced(skip)]
    Tick,
}

/// A request that wraps what it asks for.
#[traced_actor]
#[traced(kind = command, fields(session))]
pub(crate) struct Request {
    session: u64,
    command: Command,
}

#[traced_actor(name = "Wrapped")]
async fn serve(mut requests: mpsc::Receiver<Request>) {
    while let Some(request) = requests.recv().await {
        drop(request);
    }
}

#[tokio::test]
async fn a_struct_can_take_its_kind_from_a_field() {
    let requests =
        vec![Request { session: 7, command: Command::Join }, Request { session: 8, command: Command::Tick }];
    tokio::spawn(serve(sent(requests).await)).await.unwrap();
    check("Wrapped", &[("Join", None)]);
    let span = testkit::install().named("Wrapped").remove(0);
    assert_eq!(span.attribute("session"), Some(&traced_actor::record::OwnedAttribute::Int(7)));
}

/// A free loop works for the type that it receives from, for that whose handler it calls, or else for its message.
macro_rules! named_loop {
    ($test:ident $module:ident => $actor:literal: $($code:tt)*) => {
        mod $module {
            use super::*;
            $($code)*
        }

        #[tokio::test]
        async fn $test() {
            tokio::spawn($module::go(sent(vec![Command::Join]).await)).await.unwrap();
            check($actor, &[("Join", None)]);
        }
    };
}

named_loop! { from_its_field of_field => "Foyer":
    struct Foyer { inbox: mpsc::Receiver<Command> }
    pub(super) async fn go(inbox: mpsc::Receiver<Command>) { run(Foyer { inbox }).await }
    #[traced_actor]
    async fn run(mut foyer: Foyer) { while let Some(command) = foyer.inbox.recv().await { drop(command); } }
}

named_loop! { by_its_handler of_handler => "Lobby":
    pub(super) struct Lobby;
    impl Lobby { fn on(&mut self, command: Command) { drop(command); } }
    pub(super) async fn go(inbox: mpsc::Receiver<Command>) { run(inbox, Lobby).await }
    #[traced_actor]
    async fn run(mut inbox: mpsc::Receiver<Command>, mut lobby: Lobby) {
        while let Some(command) = inbox.recv().await { lobby.on(command); }
    }
}

named_loop! { by_a_variable of_variable => "Loft":
    #[derive(Default)]
    struct Loft;
    impl Loft { fn on(&mut self, command: Command) { drop(command); } }
    #[traced_actor]
    pub(super) async fn go(mut inbox: mpsc::Receiver<Command>) {
        let mut loft = Loft::default();
        while let Some(command) = inbox.recv().await { loft.on(command); }
    }
}

named_loop! { by_what_it_lends of_state => "Cellar":
    struct Cellar;
    #[traced_actor]
    pub(super) async fn go(mut inbox: mpsc::Receiver<Command>) {
        let mut cellar = Cellar;
        while let Some(command) = inbox.recv().await { on(&mut cellar, command); }
    }
    #[traced_actor]
    fn on(_cellar: &mut Cellar, command: Command) { drop(command); }
}

named_loop! { by_no_socket_that_it_goes_out_by of_sink => "Command":
    struct Socket;
    impl Socket { async fn send(&mut self, command: Command) -> Result<(), Command> { if matches!(command, Command::Tick) { Err(command) } else { Ok(()) } } }
    pub(super) async fn go(inbox: mpsc::Receiver<Command>) { forward(inbox, Socket).await }
    #[traced_actor]
    async fn forward(mut inbox: mpsc::Receiver<Command>, mut socket: Socket) {
        while let Some(command) = inbox.recv().await { socket.send(command).await.ok(); }
    }
}

named_loop! { from_the_parameter_of_another_impl of_handle => "Cabin":
    struct Cabin { inbox: mpsc::Receiver<Command> }
    struct CabinHandle;
    #[traced_actor]
    impl CabinHandle {
        async fn start(mut cabin: Cabin) { while let Some(command) = cabin.inbox.recv().await { drop(command); } }
    }
    pub(super) async fn go(inbox: mpsc::Receiver<Command>) { CabinHandle::start(Cabin { inbox }).await }
}
