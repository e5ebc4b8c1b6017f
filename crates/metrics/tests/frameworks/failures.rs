//! Asks of each framework that run out of time, and sends to actors that are gone.

use std::time::Duration;

use kameo::actor::Spawn as _;
use ractor::{call_t, cast};
use traced_actor_metrics::Metrics;

use crate::peers::with_actix::Actix;
use crate::peers::with_kameo::Kameo;
use crate::peers::with_ractor::ToRactor;
use crate::peers::{Work, with_actix, with_kameo, with_ractor, work};

const SHORT: Duration = Duration::from_millis(1);

/// Never ends.
fn forever() -> Work {
    work(std::future::pending)
}

pub(crate) fn run(metrics: Metrics) {
    let failures = |reason: &str| metrics.snapshot().failures.get(reason).copied().unwrap_or(0);
    let before = [failures("timeout"), failures("not_running")];
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        use traced_actor_ractor::RecordFailure as _;
        let ractor = with_ractor::start().await;
        assert!(call_t!(ractor, ToRactor::Keep, 1).record_failure().is_err());
        ractor.stop_and_wait(None, None).await.unwrap();
        assert!(cast!(ractor, ToRactor::Told(forever())).record_failure().is_err());
    });
    runtime.block_on(async {
        use traced_actor_kameo::RecordFailure as _;
        let kameo = Kameo::spawn(Kameo);
        let asked = kameo.ask(with_kameo::Delegate).reply_timeout(SHORT).await;
        assert!(asked.record_failure().is_err());
        kameo.kill();
        kameo.wait_for_shutdown().await;
        assert!(kameo.tell(with_kameo::Delegate).await.record_failure().is_err());
    });
    actix::System::new().block_on(async {
        use traced_actor_actix::RecordFailure as _;
        let actix = Actix.start();
        assert!(actix.send(with_actix::Do(forever())).timeout(SHORT).await.record_failure().is_err());
    });
    let after = [failures("timeout"), failures("not_running")];
    assert_eq!(after, [before[0] + 3, before[1] + 2]);
    let page = metrics.open_metrics();
    assert!(
        page.contains(&format!("traced_actor_failures_total{{error_type=\"timeout\"}} {}\n", after[0])),
        "{page}"
    );
}
