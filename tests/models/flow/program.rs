//! Random programs: the steps of flows, their generation, and the shrinking of a program that fails.

use rand::rngs::SmallRng;
use rand::{Rng, SeedableRng};

use crate::channels::Channel;

/// A program: the channel of each receiver, and the steps of the driver.
#[derive(Clone, Debug)]
pub(crate) struct Program {
    pub(crate) channels: [Channel; 3],
    pub(crate) steps: Vec<Op>,
}

/// The origin of a message.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Origin {
    /// A sampled trace of another process.
    Sampled,
    /// The sender decided that it is not sampled.
    Unsampled,
    /// No decision was made.
    Bare,
}

/// The ways to receive a message.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum How {
    TryRecv,
    Recv,
    RecvEnvelope,
}

/// The ways to spawn a task.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Spawner {
    /// `traced_actor::task::spawn`
    Carrying,
    /// `tokio::spawn`
    Plain,
}

/// The ways to make a flow from a future.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Around {
    /// `.traced()`
    Traced,
    /// A receive loop that the macro wraps.
    Loop,
    /// The same, and it sends what its handlers return. It awaits each handler in place.
    Replying,
}

/// One step of a flow, or of the driver, which is not a flow.
///
/// `which` counts from the newest and wraps around, so that every part of a program is a valid program.
#[derive(Clone, Debug)]
pub(crate) enum Op {
    /// Puts a message into a mailbox from outside all flows.
    Arrive {
        rx: u8,
        variant: u8,
        origin: Origin,
    },
    /// Sends a message from the flow.
    Send {
        rx: u8,
        variant: u8,
    },
    /// Captures the context of the flow.
    Probe,
    /// Receives. If that is a future, `before` runs between the call and the first poll.
    Receive {
        rx: u8,
        how: How,
        before: Vec<Op>,
    },
    /// Calls `recv`, runs `before`, and drops the future unpolled.
    DropReceive {
        rx: u8,
        before: Vec<Op>,
    },
    ReceiveMany {
        rx: u8,
        limit: u8,
    },
    /// Drops a receiver with its messages, and creates another channel in its place.
    DropReceiver {
        rx: u8,
    },
    /// Calls an `async` handler with a plain message that any flow has received.
    Call {
        which: u8,
    },
    /// Calls a handler that is not an `async fn`.
    CallBlocking {
        which: u8,
        ops: Vec<Op>,
    },
    /// Calls an `async` handler and awaits it in place, with a plain message or one that was stashed.
    ///
    /// These steps run in its first poll. If it has not returned by then, the flow drops it, as a timeout would, or goes on
    /// waiting for it: then the next steps of the flow are those of the handler, until it returns.
    Await {
        which: u8,
        held: bool,
        drops: bool,
        ops: Vec<Op>,
    },
    /// Stashes the message that this flow received last.
    Hold,
    /// Calls a handler with an envelope that was stashed, or received as an envelope.
    CallHeld {
        which: u8,
    },
    /// Creates a flow that is polled by hand.
    Scope {
        around: Around,
    },
    /// Spawns a task that runs these steps in its first poll.
    Spawn {
        spawner: Spawner,
        ops: Vec<Op>,
    },
    /// Polls a flow, which runs these steps.
    Poll {
        which: u8,
        ops: Vec<Op>,
    },
    /// Tells a task to run these steps when the runtime runs next.
    Wake {
        which: u8,
        ops: Vec<Op>,
    },
    /// Runs the tasks that are ready on the runtime.
    Run,
    /// Drops a flow's future.
    Drop {
        which: u8,
    },
    /// Aborts a task.
    Abort {
        which: u8,
    },
    /// Returns from the function of the flow.
    Return {
        ok: bool,
    },
    /// Panics in the function of the flow.
    Panic,
}

impl Program {
    /// Returns the program of this seed.
    pub(crate) fn generate(seed: u64) -> Self {
        let mut random = SmallRng::seed_from_u64(seed);
        let channels = std::array::from_fn(|_| channel(&mut random));
        let mut steps: Vec<Op> = (0..random.random_range(1..=2)).map(|_| scope(&mut random)).collect();
        for _ in 0..random.random_range(3..=16) {
            steps.push(driver_step(&mut random));
        }
        Self { channels, steps }
    }

    /// Returns the smallest program found that fails in the same way.
    pub(crate) fn shrink(mut self, fails: impl Fn(&Program) -> bool) -> Self {
        loop {
            let before = count(&self.steps);
            // Whole runs of steps first, then single ones, then the parts of each.
            let mut length = self.steps.len().max(1);
            while length > 0 {
                let mut at = 0;
                while at + length <= self.steps.len() {
                    let mut shorter = self.clone();
                    shorter.steps.drain(at..at + length);
                    if fails(&shorter) { self = shorter } else { at += 1 }
                }
                length /= 2;
            }
            let mut at = 0;
            while let Some(smaller) = self.without(at) {
                if fails(&smaller) { self = smaller } else { at += 1 }
            }
            if count(&self.steps) == before {
                return self;
            }
        }
    }

    /// Returns the program without the step with this number, counted depth-first; `None` if there is no such step.
    fn without(&self, mut at: usize) -> Option<Self> {
        let mut smaller = self.clone();
        remove(&mut smaller.steps, &mut at).then_some(smaller)
    }
}

fn remove(ops: &mut Vec<Op>, at: &mut usize) -> bool {
    for index in 0..ops.len() {
        if *at == 0 {
            ops.remove(index);
            return true;
        }
        *at -= 1;
        if let Some(inner) = inner(&mut ops[index])
            && remove(inner, at)
        {
            return true;
        }
    }
    false
}

fn count(ops: &[Op]) -> usize {
    ops.iter().map(|op| 1 + inner(&mut op.clone()).map_or(0, |inner| count(inner))).sum()
}

fn inner(op: &mut Op) -> Option<&mut Vec<Op>> {
    match op {
        Op::Receive { before: ops, .. }
        | Op::DropReceive { before: ops, .. }
        | Op::CallBlocking { ops, .. }
        | Op::Await { ops, .. }
        | Op::Spawn { ops, .. }
        | Op::Poll { ops, .. }
        | Op::Wake { ops, .. } => Some(ops),
        _ => None,
    }
}

// ----- generating -----

fn channel(random: &mut SmallRng) -> Channel {
    match random.random_range(0..6) {
        0 | 1 => Channel::Bounded,
        2 | 3 => Channel::Unbounded,
        4 => Channel::Flume,
        _ => Channel::AsyncChannel,
    }
}

fn driver_step(random: &mut SmallRng) -> Op {
    match random.random_range(0..100) {
        0..50 => Op::Poll { which: which(random), ops: flow_steps(random, 0) },
        50..58 => Op::Wake { which: which(random), ops: flow_steps(random, 1) },
        58..68 => Op::Run,
        68..84 => arrive(random),
        84..89 => scope(random),
        89..94 => Op::Drop { which: which(random) },
        94..97 => Op::Abort { which: which(random) },
        _ => Op::DropReceiver { rx: rx(random) },
    }
}

fn flow_steps(random: &mut SmallRng, depth: u32) -> Vec<Op> {
    let most = if depth == 0 { 7 } else { 4 };
    let mut steps = Vec::new();
    for _ in 0..random.random_range(1..=most) {
        flow_step(random, depth, &mut steps);
    }
    steps
}

/// Generates a step of a flow, or several steps that usually occur together.
fn flow_step(random: &mut SmallRng, depth: u32, steps: &mut Vec<Op>) {
    let is_deep = depth >= 2;
    match random.random_range(0..106) {
        0..10 => steps.push(arrive(random)),
        10..16 => {
            // The message is put into the mailbox, then received at once, and perhaps handled.
            let arrive = arrive(random);
            let Op::Arrive { rx, .. } = arrive else { unreachable!("made above") };
            steps.extend([arrive, receive(random, rx, depth)]);
            match random.random_range(0..5) {
                0 => steps.push(Op::Call { which: 0 }),
                3 => steps.push(awaits(random, 0, false, depth)),
                1 if !is_deep => {
                    steps.extend([Op::Call { which: 0 }, poll_newest(random, depth)]);
                }
                2 if !is_deep => {
                    let ops = vec![Op::Call { which: 0 }, poll_newest(random, depth)];
                    steps.push(Op::Spawn { spawner: spawner(random), ops });
                }
                _ => {}
            }
        }
        16..32 => {
            let rx = rx(random);
            steps.push(receive(random, rx, depth));
        }
        32..44 => steps.push(Op::Call { which: which(random) }),
        44..47 => steps.push(Op::CallBlocking { which: which(random), ops: nested(random, depth) }),
        47..54 => steps.push(Op::Send { rx: rx(random), variant: variant(random) }),
        54..62 => steps.push(Op::Probe),
        62..67 => steps.push(Op::Hold),
        67..72 => steps.push(Op::CallHeld { which: which(random) }),
        72..77 => steps.push(Op::Spawn { spawner: spawner(random), ops: nested(random, depth) }),
        77..85 if !is_deep => {
            steps.push(Op::Poll { which: which(random), ops: flow_steps(random, depth + 1) });
        }
        77..87 => steps.push(scope(random)),
        87..89 => steps.push(Op::Drop { which: which(random) }),
        89..91 => steps.push(Op::DropReceiver { rx: rx(random) }),
        91..93 => steps.push(Op::DropReceive { rx: rx(random), before: nested(random, depth) }),
        93..96 => steps.push(Op::ReceiveMany { rx: rx(random), limit: random.random_range(1..=3) }),
        96..99 => steps.push(Op::Return { ok: random.random() }),
        99..105 => {
            let (which, held) = (which(random), random.random_range(0..4) == 0);
            steps.push(awaits(random, which, held, depth));
        }
        _ => steps.push(Op::Panic),
    }
}

fn receive(random: &mut SmallRng, rx: u8, depth: u32) -> Op {
    let how = match random.random_range(0..8) {
        0..4 => How::TryRecv,
        4..7 => How::Recv,
        _ => How::RecvEnvelope,
    };
    let before = if random.random_range(0..6) == 0 { nested(random, depth) } else { Vec::new() };
    Op::Receive { rx, how, before }
}

fn nested(random: &mut SmallRng, depth: u32) -> Vec<Op> {
    if depth >= 2 { vec![Op::Probe] } else { flow_steps(random, depth + 1) }
}

/// Mostly a handler that returns in its first poll.
fn awaits(random: &mut SmallRng, which: u8, held: bool, depth: u32) -> Op {
    let mut ops = nested(random, depth);
    if random.random_range(0..3) > 0 {
        ops.push(Op::Return { ok: random.random() });
    }
    Op::Await { which, held, drops: random.random_range(0..3) == 0, ops }
}

fn poll_newest(random: &mut SmallRng, depth: u32) -> Op {
    Op::Poll { which: 0, ops: flow_steps(random, depth + 1) }
}

fn arrive(random: &mut SmallRng) -> Op {
    let origin = match random.random_range(0..6) {
        0..4 => Origin::Sampled,
        4 => Origin::Unsampled,
        _ => Origin::Bare,
    };
    Op::Arrive { rx: rx(random), variant: variant(random), origin }
}

fn scope(random: &mut SmallRng) -> Op {
    let around = [Around::Traced, Around::Loop, Around::Replying][random.random_range(0..3)];
    Op::Scope { around }
}

fn spawner(random: &mut SmallRng) -> Spawner {
    if random.random_range(0..4) == 0 { Spawner::Plain } else { Spawner::Carrying }
}

fn which(random: &mut SmallRng) -> u8 {
    if random.random() { 0 } else { random.random_range(0..6) }
}

/// Selects mostly the first two, which have messages of one type.
fn rx(random: &mut SmallRng) -> u8 {
    [0, 0, 0, 1, 1, 2][random.random_range(0..6)]
}

/// Selects mostly one kind, so that several messages of it are open together.
fn variant(random: &mut SmallRng) -> u8 {
    [0, 0, 0, 1, 2][random.random_range(0..5)]
}
