//! A view that is sent again each second, as server-sent events.

use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use hyper::body::Bytes;
use tokio::time::{Interval, MissedTickBehavior, interval};

/// A function that returns the JSON of a view.
type View = Arc<dyn Fn() -> String + Send + Sync>;

/// The stream of events. It ends when the browser is gone.
pub(crate) struct Events {
    interval: Interval,
    status: View,
    view: View,
}

const PERIOD: Duration = Duration::from_secs(1);

impl Events {
    /// Creates a stream of two events per second: `status` and `view`.
    ///
    /// The names `open`, `message` and `error` are a browser's own.
    pub(crate) fn new(status: View, view: View) -> Self {
        let mut interval = interval(PERIOD);
        interval.set_missed_tick_behavior(MissedTickBehavior::Delay);
        Self { interval, status, view }
    }

    pub(crate) fn poll(&mut self, cx: &mut Context<'_>) -> Poll<Bytes> {
        self.interval.poll_tick(cx).map(|_| {
            let (status, view) = ((self.status)(), (self.view)());
            Bytes::from(format!(
                "event: status
data: {status}

event: view
data: {view}

"
            ))
        })
    }
}
