//! Open work of ractor, kameo and actix: who waits for whom. And their failures.

mod failures;
mod peers;
mod story;
mod waits;

use traced_actor_metrics::{Metrics, MetricsClock};

/// Tests all frameworks at once, because a process has one observer.
#[test]
fn the_list_names_who_waits_for_whom() {
    let clock = MetricsClock::manual();
    let metrics = Metrics::builder().clock(clock.clone()).install().unwrap();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(story::on_tokio(metrics, &clock));
    waits::run(metrics, &clock);
    actix::System::new().block_on(story::on_actix(metrics, &clock));
    failures::run(metrics);
}
