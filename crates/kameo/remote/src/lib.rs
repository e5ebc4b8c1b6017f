//! The parts that nodes with and without traces share: messages, a swarm over TCP on 127.0.0.1, and the printed lines.

pub mod matrix;
mod message;
mod node;
mod swarm;
// As in the tests of ractor's nodes.
#[path = "../../../ractor/cluster/tests/nodes/recorded.rs"]
pub mod recorded;
#[path = "../../../ractor/cluster/tests/nodes/tree.rs"]
pub mod tree;
#[path = "../../../ractor/cluster/tests/nodes/ways.rs"]
pub mod ways;

pub use message::{Join, Label, Order};
pub use node::{Args, print, print_spans, told_to_end};
pub use swarm::join;

/// The number of messages of a kind that a client sends.
pub const MESSAGES: u64 = 200;

/// The number of replies of a server after which the next one takes its place.
pub const CALLS: u64 = 100;

/// Defines `main` of a node. `$sent` wraps a message that is sent. The caller defines the actor, `Guild`.
#[macro_export]
macro_rules! node {
    ($sent:ident, $spawn:expr, $caused:ident) => {
        #[tokio::main]
        async fn main() {
            let args = $crate::Args::read();
            match args.role.as_str() {
                "server" => server(&args).await,
                "client" | "unsampled" => client(&args).await,
                "matrix-server" => member::server(&args).await,
                "matrix" => member::client(&args).await,
                _ => load(&args).await,
            }
        }

        /// Serves until its standard input is closed.
        async fn server(args: &$crate::Args) {
            let spans = args.prepare();
            $crate::join(Some(args.port), None).await;
            let guild: kameo::actor::ActorRef<Guild> = $spawn(args.label.clone());
            guild.register("guild").await.unwrap();
            $crate::print("ready");
            $crate::told_to_end().await;
            guild.stop_gracefully().await.unwrap();
            guild.wait_for_shutdown().await;
            $crate::print_spans(&spans);
        }

        /// Waits until the guild on the server is known here.
        async fn guild() -> kameo::actor::RemoteActorRef<Guild> {
            for _ in 0..2_000 {
                if let Ok(Some(guild)) = kameo::actor::RemoteActorRef::lookup("guild").await {
                    return guild;
                }
                tokio::time::sleep(std::time::Duration::from_millis(10)).await;
            }
            panic!("no guild in sight");
        }

        /// Tells and asks, and prints the replies.
        async fn client(args: &$crate::Args) {
            let spans = args.prepare();
            $crate::join(None, Some(args.port)).await;
            let guild = guild().await;
            $caused(&args.role, async {
                for user in 0..$crate::MESSAGES {
                    guild.tell(&$sent!($crate::Join { user })).send_ack().await.unwrap();
                }
                let label = guild.ask(&$sent!($crate::Label { of: "guild".into() })).await.unwrap();
                $crate::print(&format!("label {label}"));
                match guild.ask(&$sent!($crate::Order::Post { text: "hello".into() })).await {
                    Ok(posts) => $crate::print(&format!("posts {posts}")),
                    Err(error) => $crate::print(&format!("refused {error}")),
                }
                let (hang, soon) = ($sent!($crate::Order::Hang), std::time::Duration::from_millis(50));
                let timed_out = guild.ask(&hang).reply_timeout(soon).await;
                $crate::print(&format!("hang {}", failed(timed_out)));
            })
            .await;
            $crate::print_spans(&spans);
        }

        /// Asks and tells whatever server there is, each message until it is answered, until its standard input is closed.
        async fn load(args: &$crate::Args) {
            let _spans = args.prepare();
            $crate::join(None, Some(args.port)).await;
            let guild = guild().await;
            let ends = tokio::spawn($crate::told_to_end());
            let first: u64 = args.label.parse().unwrap();
            let (mut user, mut of_last, mut last) = (first, 0, String::new());
            while !ends.is_finished() {
                let server =
                    until(async || guild.ask(&$sent!($crate::Label { of: "guild".into() })).await.ok()).await;
                until(async || guild.tell(&$sent!($crate::Join { user })).send_ack().await.ok()).await;
                user += 1;
                if server != last {
                    (of_last, last) = (0, server);
                }
                of_last += 1;
                if of_last == $crate::CALLS {
                    $crate::print(&format!("served by {last}"));
                }
            }
            $crate::print(&format!("sent {first} {user}"));
        }

        async fn until<T>(attempt: impl AsyncFn() -> Option<T>) -> T {
            let deadline = std::time::Instant::now() + std::time::Duration::from_secs(60);
            loop {
                if let Some(answer) = attempt().await {
                    return answer;
                }
                assert!(std::time::Instant::now() < deadline, "no answer");
                tokio::time::sleep(std::time::Duration::from_millis(20)).await;
            }
        }
    };
}
