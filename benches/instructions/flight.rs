//! Instruction counts of a message that a flight recorder records, in the handling thread and in the collector's:
//! `cargo bench -p traced-actor-instructions --bench flight [-- --update]`.

use std::future::Future;
use std::hint::black_box;
use std::path::Path;
use std::pin::pin;
use std::process::ExitCode;
use std::sync::OnceLock;
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use traced_actor::context::{MessageContext, SampledContext, TraceContext, TraceFlags};
use traced_actor::sampling::{ParentBased, Ratio, set_sampler};
use traced_actor::sync::mpsc;
use traced_actor::{Envelope, Message, SpanId, TraceId, traced_actor};
use traced_actor_flight::{Flight, OtlpResource};
use traced_actor_instructions::{Row, TIMES, measure};

fn main() -> ExitCode {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("flight.txt");
    traced_actor_instructions::main(
        || {
            flight();
        },
        ROWS,
        &file,
    )
}

/// The recorder of the process. Its collector runs when it is flushed.
fn flight() -> &'static Flight {
    static FLIGHT: OnceLock<Flight> = OnceLock::new();
    FLIGHT.get_or_init(|| {
        set_sampler(ParentBased::new(Ratio::new(0.0))).expect("there is no other one");
        let flight = Flight::builder()
            .interval(Duration::from_secs(3600))
            .otlp(&OtlpResource::new("bench"), |batch| drop(black_box(batch)))
            .start()
            .expect("a thread");
        flight.install().expect("nothing else is installed");
        flight
    })
}

// An actor and a message for each number of fields.

#[traced_actor]
struct Post0 {
    channel: u64,
    text: [u64; 10],
}

#[traced_actor]
#[traced(fields(channel, first = text[0], last = text[5]))]
struct Post3 {
    channel: u64,
    text: [u64; 10],
}

#[traced_actor]
#[traced(fields(
    channel,
    a = text[0],
    b = text[1],
    c = text[2],
    d = text[3],
    e = text[4],
    f = text[5],
    g = text[6],
    h = text[7],
    i = text[8],
))]
struct Post10 {
    channel: u64,
    text: [u64; 10],
}

trait Post: Message + Sized {
    type Guild: Run;

    fn new(number: u64) -> Self;
    fn guild(receiver: mpsc::Receiver<Self>) -> Self::Guild;
}

trait Run {
    async fn run(&mut self, messages: u32);
}

macro_rules! guild {
    ($guild:ident, $post:ident) => {
        struct $guild {
            receiver: mpsc::Receiver<$post>,
            posts: u64,
        }

        #[traced_actor]
        impl $guild {
            async fn run_all(&mut self, messages: u32) {
                for _ in 0..messages {
                    if let Some(message) = self.receiver.recv().await {
                        self.handle_message(message).await;
                    }
                }
            }

            async fn handle_message(&mut self, message: $post) {
                self.posts += std::future::ready(black_box(message.channel ^ message.text[5])).await;
            }
        }

        impl Run for $guild {
            async fn run(&mut self, messages: u32) {
                self.run_all(messages).await;
            }
        }

        impl Post for $post {
            type Guild = $guild;

            fn new(number: u64) -> Self {
                Self { channel: number, text: [number; 10] }
            }

            fn guild(receiver: mpsc::Receiver<Self>) -> $guild {
                $guild { receiver, posts: 0 }
            }
        }
    };
}

guild!(Guild0, Post0);
guild!(Guild3, Post3);
guild!(Guild10, Post10);

const ROOM: usize = 2 * TIMES as usize;

/// Polls a future that is ready at once.
fn ready<F: Future>(future: F) -> F::Output {
    match pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(output) => output,
        Poll::Pending => panic!("there is room, and a message"),
    }
}

/// Runs as the handling of a message that the sampler keeps or drops.
fn handling(flags: TraceFlags, work: impl FnOnce()) {
    let ids = (TraceId::new(u128::MAX / 3), SpanId::new(u64::MAX / 3));
    let (Some(trace_id), Some(span_id)) = ids else { unreachable!("neither is zero") };
    let context = TraceContext::new(trace_id, span_id, flags);
    let context = MessageContext::sampled(SampledContext::new(context));
    let (_, mut handling) = Envelope::new(Post0::new(0), context).open();
    let entered = handling.enter();
    work();
    drop(entered);
    handling.end_ok();
}

/// Returns an actor with messages that were sent in the handling of another message.
fn guild<P: Post>(flags: TraceFlags) -> P::Guild {
    let (sender, receiver) = mpsc::channel(ROOM);
    handling(flags, || (0..ROOM as u64).for_each(|number| assert!(sender.try_send(P::new(number)).is_ok())));
    P::guild(receiver)
}

/// Counts the work of a send.
fn send() {
    let (sender, _receiver) = mpsc::channel(ROOM);
    let mut posts = (0..ROOM as u64).map(Post3::new);
    let mut send = || {
        for post in posts.by_ref().take(TIMES as usize) {
            assert!(ready(sender.send(post)).is_ok());
        }
    };
    handling(TraceFlags::SAMPLED, || {
        send();
        measure(&mut send);
    });
}

/// Counts the work of the handling thread for a message.
fn handle<P: Post>(flags: TraceFlags) {
    let mut guild = guild::<P>(flags);
    ready(guild.run(TIMES));
    measure(&mut || ready(guild.run(TIMES)));
    flight().flush();
}

/// Counts the work of the collector for a message.
fn collect<P: Post>(flags: TraceFlags) {
    let mut guild = guild::<P>(flags);
    ready(guild.run(TIMES));
    flight().flush();
    ready(guild.run(TIMES));
    measure(&mut || flight().flush());
}

const ROWS: &[Row] = &[
    row("send", send),
    row("receive and handle, no fields", || handle::<Post0>(TraceFlags::SAMPLED)),
    row("receive and handle, 3 fields", || handle::<Post3>(TraceFlags::SAMPLED)),
    row("receive and handle, 10 fields", || handle::<Post10>(TraceFlags::SAMPLED)),
    row("collect, no fields", || collect::<Post0>(TraceFlags::SAMPLED)),
    row("collect, 3 fields", || collect::<Post3>(TraceFlags::SAMPLED)),
    row("collect, 10 fields", || collect::<Post10>(TraceFlags::SAMPLED)),
    row("collect what nobody wants", || collect::<Post3>(TraceFlags::NONE)),
    row("receive and handle, 3 fields, 1,000 traces wanted", || {
        for number in 1..=1000_u128 {
            let id = TraceId::new(number * 0x9e37_79b9_7f4a_7c15_f39c_0001).expect("not zero");
            assert!(flight().keep_trace(id));
        }
        handle::<Post3>(TraceFlags::NONE);
    }),
    row("collect what nobody wants, 1,000 traces wanted", || collect::<Post3>(TraceFlags::NONE)),
    // From here on, sends are recorded as well: the process has an observer.
    row("send, sends observed", || {
        flight().observe_sends().expect("there is no other observer");
        send();
    }),
    row("receive and handle, 3 fields, sends observed", || handle::<Post3>(TraceFlags::SAMPLED)),
    row("collect, 3 fields, sends observed", || collect::<Post3>(TraceFlags::SAMPLED)),
];

const fn row(name: &'static str, run: fn()) -> Row {
    Row { name, run }
}
