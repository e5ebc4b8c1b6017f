//! Observable instruments, which read a snapshot when the SDK collects.

use std::sync::{Arc, Mutex, PoisonError};

use opentelemetry::metrics::{AsyncInstrument, AsyncInstrumentBuilder, Meter};

use super::attributes;
use crate::families::{FAMILIES, Family, Value};
use crate::metrics::Metrics;
use crate::snapshot::Snapshot;

/// Adds all counts to a meter, as observable counters and gauges.
///
/// The names are those of the page, with dots, and the attributes are the same: `messaging.client.consumed.messages`,
/// `messaging.client.sent.messages`, `actor.mailbox.size` and so on. Durations are in seconds. Histograms are exported
/// by [`OtlpExporter`](super::OtlpExporter). Call this once for each meter. It does not add a cost to messages: the
/// counts are read when the SDK collects, in one snapshot for all instruments.
///
/// ```
/// use traced_actor_metrics::{Metrics, observe};
///
/// let metrics = Metrics::builder().install().unwrap();
/// observe(&opentelemetry::global::meter("my service"), metrics);
/// ```
pub fn observe(meter: &Meter, metrics: Metrics) {
    let looks = Arc::new(Looks { metrics, latest: Mutex::default() });
    for (at, family) in FAMILIES.iter().enumerate() {
        let (name, looks) = (family.name, looks.clone());
        if family.is_counter && family.unit == "s" {
            shown(meter.f64_observable_counter(name), at, family, looks, seconds).build();
        } else if family.is_counter {
            shown(meter.u64_observable_counter(name), at, family, looks, whole).build();
        } else if family.unit == "s" {
            shown(meter.f64_observable_gauge(name), at, family, looks, seconds).build();
        } else {
            shown(meter.u64_observable_gauge(name), at, family, looks, whole).build();
        }
    }
}

fn whole(value: Value) -> Option<u64> {
    if let Value::Whole(value) = value { Some(value) } else { None }
}

fn seconds(value: Value) -> Option<f64> {
    if let Value::Seconds(value) = value { Some(value) } else { None }
}

/// Returns the builder of an instrument for a family.
fn shown<'m, I, M: 'static>(
    builder: AsyncInstrumentBuilder<'m, I, M>,
    at: usize,
    family: &'static Family,
    looks: Arc<Looks>,
    number: fn(Value) -> Option<M>,
) -> AsyncInstrumentBuilder<'m, I, M> {
    let report = move |observer: &dyn AsyncInstrument<M>| {
        (family.points)(&looks.snapshot(at), &mut |labels, value| {
            if let Some(value) = number(value) {
                observer.observe(value, &attributes(family.name, labels));
            }
        });
    };
    builder.with_unit(family.unit).with_description(family.help).with_callback(report)
}

/// The snapshot for the instruments.
struct Looks {
    metrics: Metrics,
    latest: Mutex<Latest>,
}

#[derive(Default)]
struct Latest {
    snapshot: Arc<Snapshot>,
    /// Marks the instruments that have read the snapshot. A second read by an instrument belongs to the next
    /// collection.
    shown: Vec<bool>,
}

impl Looks {
    /// Returns the snapshot of this collection.
    fn snapshot(&self, instrument: usize) -> Arc<Snapshot> {
        let mut latest = self.latest.lock().unwrap_or_else(PoisonError::into_inner);
        if latest.shown.get(instrument).copied().unwrap_or(true) {
            *latest =
                Latest { snapshot: Arc::new(self.metrics.snapshot()), shown: vec![false; FAMILIES.len()] };
        }
        latest.shown[instrument] = true;
        latest.snapshot.clone()
    }
}
