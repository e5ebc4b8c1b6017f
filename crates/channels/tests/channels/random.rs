//! Random programs give the same results over each channel and over the one that it mirrors, to the words of each error, with nothing
//! recorded and with everything sampled.

use proptest::collection::vec;
use proptest::prelude::*;

use super::*;

/// One step of a program; each channel makes of it what it can.
type Step = u8;

/// Runs the program over one channel, and notes what each step returned.
macro_rules! machine {
    ($name:ident, $channel:expr, |$sender:ident, $receiver:ident, $number:ident, $log:ident| { $($step:literal => $what:expr,)* }) => {
        fn $name(steps: &[Step]) -> Vec<String> {
            let mut log = Vec::new();
            let (sender, receiver) = $channel;
            let (mut senders, mut receivers) = (vec![sender], vec![receiver]);
            for (at, step) in steps.iter().enumerate() {
                let $number = u32::try_from(at).unwrap();
                let $log = &mut log;
                let kinds = [$($step),*].len();
                let which = usize::from(*step) / kinds;
                match usize::from(*step) % kinds {
                    $($step => {
                        #[allow(unused_variables)]
                        let ($sender, $receiver) = (&mut senders, &mut receivers);
                        let which = which % 4;
                        $what(which);
                    })*
                    _ => unreachable!(),
                }
            }
            log
        }
    };
}

/// Logs the result of a step, or `None` if there was nobody to take it.
#[expect(clippy::needless_pass_by_value, reason = "what a step returned has no other use")]
fn note<T: std::fmt::Debug>(log: &mut Vec<String>, what: Option<T>) {
    log.push(format!("{what:?}"));
}

/// The program over a channel with many receivers: crossbeam's.
macro_rules! crossbeam {
    ($name:ident, $channel:expr) => {
        machine!($name, $channel, |senders, receivers, number, log| {
            0 => |which| note(log, pick(senders, which).map(|sender| sender.try_send(number).map_err(|error| format!("{error:?}: {error}")))),
            1 => |which| note(log, pick(receivers, which).map(|receiver| receiver.try_recv())),
            2 => |which| note(log, pick(senders, which).map(|sender| sender.send_timeout(number, Duration::ZERO).map_err(|error| error.into_inner()))),
            3 => |which| note(log, pick(receivers, which).map(|receiver| receiver.recv_timeout(Duration::ZERO))),
            4 => |which| { if let Some(clone) = pick(senders, which).map(|sender| sender.clone()) { senders.push(clone); } },
            5 => |which| { if let Some(clone) = pick(receivers, which).map(|receiver| receiver.clone()) { receivers.push(clone); } },
            6 => |which: usize| { if which < senders.len() { senders.remove(which); } },
            7 => |which: usize| { if which < receivers.len() { receivers.remove(which); } },
            8 => |which| note(log, pick(receivers, which).map(|receiver| (receiver.len(), receiver.is_full(), receiver.try_iter().next()))),
            9 => |which| note(log, pick(senders, which).map(|sender| (sender.len(), sender.is_empty(), sender.capacity()))),
        });
    };
}

fn pick<T>(ends: &mut [T], which: usize) -> Option<&mut T> {
    ends.get_mut(which)
}

crossbeam!(their_crossbeam, crossbeam_channel::bounded::<u32>(2));
crossbeam!(our_crossbeam, traced_actor_channels::crossbeam_channel::bounded_named_by_type::<u32>(2));

/// The same for std's, which has one receiver.
macro_rules! std_mpsc {
    ($name:ident, $channel:expr) => {
        machine!($name, $channel, |senders, receivers, number, log| {
            0 => |which| note(log, pick(senders, which).map(|sender| sender.try_send(number).map_err(|error| format!("{error:?}: {error}")))),
            1 => |_| note(log, pick(receivers, 0).map(|receiver| receiver.try_recv())),
            2 => |_| note(log, pick(receivers, 0).map(|receiver| receiver.recv_timeout(Duration::ZERO))),
            3 => |which| { if let Some(clone) = pick(senders, which).map(|sender| sender.clone()) { senders.push(clone); } },
            4 => |which: usize| { if which < senders.len() { senders.remove(which); } },
            5 => |which| { if which == 0 && number % 8 == 0 { receivers.clear(); } },
            6 => |_| note(log, pick(receivers, 0).map(|receiver| receiver.try_iter().take(2).collect::<Vec<_>>())),
        });
    };
}

std_mpsc!(their_std, std::sync::mpsc::sync_channel::<u32>(2));
std_mpsc!(our_std, traced_actor_channels::std::sync::mpsc::sync_channel_named_by_type::<u32>(2));

/// The same for futures'.
macro_rules! futures_mpsc {
    ($name:ident, $channel:expr) => {
        machine!($name, $channel, |senders, receivers, number, log| {
            0 => |which| note(log, pick(senders, which).map(|sender| sender.try_send(number).map_err(|error| {
                (error.to_string(), error.is_full(), error.clone().into_send_error(), error.into_inner())
            }))),
            1 => |_| note(log, pick(receivers, 0).map(|receiver| receiver.try_recv())),
            2 => |_| note(log, pick(receivers, 0).map(|receiver| poll_once(std::pin::pin!(receiver.recv()).as_mut()))),
            3 => |which| note(log, pick(senders, which).map(|sender| sender.start_send(number))),
            4 => |which| { if let Some(clone) = pick(senders, which).map(|sender| sender.clone()) { senders.push(clone); } },
            5 => |which: usize| { if which < senders.len() { senders.remove(which); } },
            6 => |which| { if which == 0 && number % 8 == 0 { receivers.clear(); } },
            7 => |_| { if let Some(receiver) = pick(receivers, 0).filter(|_| number % 8 == 0) { receiver.close(); } },
            8 => |which| note(log, pick(senders, which).map(|sender| {
                let ready = sender.poll_ready(&mut Context::from_waker(Waker::noop()));
                (sender.is_closed(), ready.map_err(|error| error.to_string()))
            })),
        });
    };
}

futures_mpsc!(their_futures, futures_channel::mpsc::channel::<u32>(1));
futures_mpsc!(our_futures, traced_actor_channels::futures::channel::mpsc::channel_named_by_type::<u32>(1));

/// The same for tokio's broadcast.
macro_rules! broadcast {
    ($name:ident, $channel:expr) => {
        machine!($name, $channel, |senders, receivers, number, log| {
            0 => |which| note(log, pick(senders, which).map(|sender| sender.send(number))),
            1 => |which| note(log, pick(receivers, which).map(|receiver| receiver.try_recv())),
            2 => |which| note(log, pick(receivers, which).map(|receiver| poll_once(std::pin::pin!(receiver.recv()).as_mut()))),
            3 => |which| { if let Some(new) = pick(senders, which).map(|sender| sender.subscribe()) { receivers.push(new); } },
            4 => |which| { if let Some(new) = pick(receivers, which).map(|receiver| receiver.resubscribe()) { receivers.push(new); } },
            5 => |which| { if let Some(clone) = pick(senders, which).map(|sender| sender.clone()) { senders.push(clone); } },
            6 => |which: usize| { if which < senders.len() { senders.remove(which); } },
            7 => |which: usize| { if which < receivers.len() { receivers.remove(which); } },
            8 => |which| note(log, pick(receivers, which).map(|receiver| (receiver.len(), receiver.is_empty(), receiver.is_closed()))),
            9 => |which| note(log, pick(senders, which).map(|sender| {
                let weak = sender.downgrade();
                (sender.len(), sender.receiver_count(), weak.upgrade().is_some(), weak.weak_count())
            })),
        });
    };
}

broadcast!(their_broadcast, tokio::sync::broadcast::channel::<u32>(2));
broadcast!(our_broadcast, traced_actor_channels::tokio::sync::broadcast::channel_named_by_type::<u32>(2));

/// Runs a program as the work of a sampled message.
fn sampled(program: impl FnOnce() -> Vec<String>) -> Vec<String> {
    #[traced_actor(start = always)]
    struct Program;

    testkit::install();
    let (_, mut handled) = Envelope::bare(Program).open();
    let entered = handled.enter();
    let log = program();
    drop(entered);
    log
}

macro_rules! same {
    ($($test:ident: $theirs:ident $ours:ident;)*) => {
        proptest! {
            #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(2_000) })]

            $(#[test]
            fn $test(steps in vec(any::<Step>(), 0..40)) {
                let theirs = $theirs(&steps);
                prop_assert_eq!(&theirs, &$ours(&steps));
                prop_assert_eq!(&theirs, &sampled(|| $ours(&steps)));
            })*
        }
    };
}

same! {
    crossbeam_is_the_same: their_crossbeam our_crossbeam;
    std_is_the_same: their_std our_std;
    futures_is_the_same: their_futures our_futures;
    broadcast_is_the_same: their_broadcast our_broadcast;
}
