//! OpenTelemetry metrics of the decisions of a tail, and of the state of a governor.

use std::collections::BTreeMap;

use crate::governor::{Governor, GovernorStatus};
use opentelemetry::KeyValue;
use opentelemetry::metrics::{AsyncInstrument, Meter, ObservableCounter, ObservableGauge};

use crate::tail::{Tail, TailSpan};

/// Reports the [counters](Tail::counters) of a tail through a meter.
///
/// * `traced_actor.tail.spans` counts spans, with the attributes `sampling.decision` (`kept`, `dropped`) and
///   `sampling.reason`.
/// * `traced_actor.tail.evictions` counts traces that were decided about early, with the attribute `bound`.
///
/// A message that the head sampler kept counts in `traced_actor.messages` as kept, whether or not the tail keeps its
/// span. The counters are read when metrics are collected. There are at most ten series.
pub fn observe_tail<S: TailSpan>(meter: &Meter, tail: &Tail<S>) -> [ObservableCounter<u64>; 2] {
    let observed = tail.clone();
    let spans = meter
        .u64_observable_counter("traced_actor.tail.spans")
        .with_unit("{span}")
        .with_description("Spans that a tail held back, by decision and reason")
        .with_callback(move |observer| {
            let counters = observed.counters();
            by_reason(observer, &counters.kept, &counters.dropped);
        })
        .build();
    let observed = tail.clone();
    let evictions = meter
        .u64_observable_counter("traced_actor.tail.evictions")
        .with_unit("{trace}")
        .with_description("Traces that a tail decided about before their time, by the bound that was reached")
        .with_callback(move |observer| {
            for (bound, count) in observed.counters().evicted {
                observer.observe(count, &[KeyValue::new("bound", bound)]);
            }
        })
        .build();
    [spans, evictions]
}

/// Reports one series for each decision and reason.
fn by_reason(observer: &dyn AsyncInstrument<u64>, kept: &Reasons, dropped: &Reasons) {
    for (decision, reasons) in [("kept", kept), ("dropped", dropped)] {
        for (&reason, &count) in reasons {
            let attributes =
                [KeyValue::new("sampling.decision", decision), KeyValue::new("sampling.reason", reason)];
            observer.observe(count, &attributes);
        }
    }
}

type Reasons = BTreeMap<&'static str, u64>;

/// Reports the [status](Governor::status) of a governor through a meter, as long as the governor lives.
///
/// * The gauge `traced_actor.governor.share` is the share of CPU time that tracing used in the last window.
/// * The gauge `traced_actor.governor.factor` is the factor for probabilities and budgets.
///
/// Messages that the governor drops count in `traced_actor.messages`, for the reason `governor`.
pub fn observe_governor(meter: &Meter, governor: &Governor) -> [ObservableGauge<f64>; 2] {
    let gauge = |name, description, value: fn(&GovernorStatus) -> f64| {
        let status = governor.watch();
        let builder = meter.f64_observable_gauge(name).with_unit("1").with_description(description);
        let report = move |observer: &dyn AsyncInstrument<f64>| {
            if let Some(status) = status() {
                observer.observe(value(&status), &[]);
            }
        };
        builder.with_callback(report).build()
    };
    [
        gauge("traced_actor.governor.share", "The share of CPU time that tracing takes", |status| {
            status.share
        }),
        gauge("traced_actor.governor.factor", "By how much sampling is reduced", |status| status.factor),
    ]
}
