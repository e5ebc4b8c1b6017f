//! A fan-out's span reports sends that wait or fail in the same way for every channel.

use traced_actor_channels::futures::channel::mpsc as futures_mpsc;
use traced_actor_channels::std::sync::mpsc as std_mpsc;
use traced_actor_channels::tokio::sync::broadcast;
use traced_actor_channels::{async_channel, crossbeam_channel, flume};

use super::*;

/// Handles a message of this kind by doing `work`, on a thread; returns its span.
macro_rules! within {
    ($actor:ident, $n:expr, $work:expr) => {{
        #[traced_actor(start = always)]
        struct $actor;

        testkit::install();
        let (_, mut handled) = Envelope::bare($actor).open();
        {
            let _entered = handled.enter();
            let mut fanout = fanout($n);
            let entered = fanout.enter();
            $work;
            drop(entered);
        }
        drop(handled);
        only(stringify!($actor))
    }};
}

#[track_caller]
fn check(span: &FinishedSpan, size: i64, errors: i64, waited: bool) {
    assert_eq!(span.attribute("sampling.fanout.size"), Some(&OwnedAttribute::Int(size)), "{span:?}");
    let counted = match span.attribute("sampling.fanout.errors") {
        Some(OwnedAttribute::Int(counted)) => *counted,
        None => 0,
        other => panic!("{other:?}"),
    };
    assert_eq!(counted, errors, "{span:?}");
    assert_eq!(longest_wait(span) > 0.0, waited, "{span:?}");
}

/// Returns the longest wait for room, in seconds.
fn longest_wait(span: &FinishedSpan) -> f64 {
    match span.attribute("sampling.fanout.wait.max") {
        Some(OwnedAttribute::Float(seconds)) => *seconds,
        None => 0.0,
        other => panic!("{other:?}"),
    }
}

#[test]
fn every_attempt_that_fails_is_an_error_and_a_recipient() {
    let span = within!(AllFail, 9, {
        let (sender, receiver) = crossbeam_channel::bounded_named_by_type(1);
        sender.send(1).unwrap();
        sender.try_send(2).unwrap_err();
        drop(receiver);
        sender.send(3).unwrap_err();
        let (sender, receiver) = std_mpsc::sync_channel_named_by_type(1);
        sender.send(4).unwrap();
        sender.try_send(5).unwrap_err();
        drop(receiver);
        sender.send(6).unwrap_err();
        let (mut sender, receiver) = futures_mpsc::channel_named_by_type(1);
        drop(receiver);
        sender.try_send(7).unwrap_err();
        sender.start_send(8).unwrap_err();
        broadcast::Sender::<Cause>::new(1).send(Cause).unwrap_err();
    });
    check(&span, 9, 7, false);
    // Counts as in `mpsc`, which reserves room first.
    let span = within!(MpscFails, 3, {
        let (sender, _receiver) = mpsc::channel_named_by_type(1);
        sender.try_send(1).unwrap();
        sender.try_send(2).unwrap_err();
        let (sender, _) = mpsc::unbounded_channel_named_by_type();
        sender.send(3).unwrap_err();
    });
    check(&span, 3, 2, false);
}

/// Sends into a channel without room for any message, while another thread tries to receive: it succeeds once the send waits.
macro_rules! waits {
    ($($test:ident $actor:ident ($sender:ident, $receiver:ident) $channel:expr; $send:expr;)*) => {
        $(#[test]
        fn $test() {
            let ($sender, $receiver) = $channel;
            let began = Instant::now();
            let receiving = std::thread::spawn(move || loop {
                match $receiver.try_recv() {
                    Ok(received) => break received,
                    Err(_) => std::thread::yield_now(),
                }
            });
            let span = within!($actor, 1, $send);
            let elapsed = began.elapsed().as_secs_f64();
            assert_eq!(receiving.join().unwrap(), 2);
            check(&span, 1, 0, true);
            assert!(longest_wait(&span) <= elapsed, "{elapsed}: {span:?}");
        })*
    };
}

waits! {
    crossbeam_waits CrossbeamWaits (sender, receiver) crossbeam_channel::bounded_named_by_type(0);
        sender.send(2).unwrap();
    crossbeam_waits_in_time CrossbeamWaitsInTime (sender, receiver) crossbeam_channel::bounded_named_by_type(0);
        sender.send_timeout(2, Duration::from_secs(3600)).unwrap();
    std_waits StdWaits (sender, receiver) std_mpsc::sync_channel_named_by_type(0);
        sender.send(2).unwrap();
    flume_waits FlumeWaits (sender, receiver) flume::bounded_named_by_type(0);
        sender.send(2).unwrap();
}

/// This channel has room for one message at least, so that nobody sees whether a send waits. The receiver of a round may be
/// too early: then there is another round, in which it is later.
#[test]
fn async_channel_waits() {
    #[traced_actor(start = always)]
    struct AsyncChannelWaits;

    testkit::install();
    for delay in (0..).map(|round| Duration::from_millis(20 << round)) {
        let (sender, receiver) = async_channel::bounded_named_by_type(1);
        sender.send_blocking(1).unwrap();
        let receiving = std::thread::spawn(move || {
            std::thread::sleep(delay);
            (receiver.recv_blocking().unwrap(), receiver.recv_blocking().unwrap())
        });
        let (_, mut handled) = Envelope::bare(AsyncChannelWaits).open();
        {
            let _entered = handled.enter();
            let mut fanout = fanout(1);
            let _entered = fanout.enter();
            sender.send_blocking(2).unwrap();
        }
        drop(handled);
        assert_eq!(receiving.join().unwrap(), (1, 2));
        let span = spans("AsyncChannelWaits").pop().unwrap();
        if longest_wait(&span) > 0.0 {
            check(&span, 1, 0, true);
            break;
        }
    }
}

/// A send that waits and is dropped is an error: nobody gets the message. So is one that fails after a wait.
#[tokio::test]
async fn a_send_that_is_dropped_while_it_waits_is_an_error() {
    #[traced_actor(start = always)]
    struct Abandoned;

    testkit::install();
    let (_, mut handled) = Envelope::bare(Abandoned).open();
    {
        let _entered = handled.enter();
        let mut fanout = fanout(5);
        let entered = fanout.enter();
        let (sender, _receiver) = mpsc::channel_named_by_type(1);
        sender.try_send(1).unwrap();
        let mut waiting = Box::pin(sender.send(2));
        assert!(poll_once(waiting.as_mut()).is_pending());
        drop(waiting);
        let (sender, _receiver) = flume::bounded_named_by_type(0);
        let mut waiting = Box::pin(sender.send_async(3));
        assert!(poll_once(waiting.as_mut()).is_pending());
        drop(waiting);
        let (sender, receiver) = async_channel::bounded_named_by_type(1);
        sender.try_send(4).unwrap();
        let mut waiting = Box::pin(sender.send(5));
        assert!(poll_once(waiting.as_mut()).is_pending());
        drop(receiver);
        assert!(poll_once(waiting.as_mut()).is_ready());
        drop(entered);
    }
    drop(handled);
    check(&only("Abandoned"), 5, 3, false);
}

/// A futures sender waits in `poll_ready`, of which its own `send` makes a part of the attempt.
#[tokio::test]
async fn futures_waits() {
    #[traced_actor(start = always)]
    struct FuturesWaits;

    testkit::install();
    let (mut sender, mut receiver) = futures_mpsc::channel_named_by_type(0);
    sender.try_send(1).unwrap();
    let (_, mut handled) = Envelope::bare(FuturesWaits).open();
    {
        let _entered = handled.enter();
        let mut fanout = fanout(1);
        let entered = fanout.enter();
        let mut waiting = Box::pin(sender.feed(2));
        assert!(poll_once(waiting.as_mut()).is_pending());
        receiver.try_recv_envelope().unwrap();
        assert!(poll_once(waiting.as_mut()).is_ready());
        drop(entered);
    }
    drop(handled);
    check(&only("FuturesWaits"), 1, 0, true);
}
