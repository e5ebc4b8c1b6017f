//! A node's flight recorder, what it has kept, and what became of the promotions that the node sent or received.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use traced_actor::record::FinishedSpan;
use traced_actor::sampling::{self, ParentBased, Ratio};
use traced_actor_flight::Flight;

use crate::tree::Span;
use crate::ways::{caused, until};

/// The memory of the server's recorder, in bytes: a ring for each thread.
pub const SERVER: u64 = 16 << 20;
/// The memory of the client's: one ring, which its only thread that records soon fills.
pub const CLIENT: u64 = 64 << 10;

const PATIENCE: Duration = Duration::from_secs(20);

/// A flight recorder, and the spans that it has kept.
#[derive(Debug)]
pub struct Recorded {
    /// The recorder.
    pub flight: Flight,
    kept: Arc<Mutex<Vec<FinishedSpan>>>,
}

impl Recorded {
    /// Installs a flight recorder with so many bytes. The sampler keeps nothing.
    ///
    /// # Panics
    ///
    /// Panics if the process has a recorder or a sampler.
    #[must_use]
    pub fn install(bytes: u64) -> Self {
        sampling::set_sampler(ParentBased::new(Ratio::new(0.0))).unwrap();
        let kept = Arc::<Mutex<Vec<FinishedSpan>>>::default();
        let keeping = kept.clone();
        let keep = move |span| keeping.lock().unwrap().push(span);
        let flight = Flight::builder().memory(bytes).keep(keep).start().unwrap();
        flight.install().unwrap();
        Self { flight, kept }
    }

    /// Records so much that what was recorded by this thread before is overwritten.
    pub async fn go_round(&self) {
        for number in 0..2_000 {
            caused("new", "sampled", number, async {}).await;
        }
    }

    /// Waits until a promotion was `kept`, `late` or `refused` here. Any other outcome is there at once.
    ///
    /// # Panics
    ///
    /// Panics if it does not come.
    pub async fn wait_for(&self, outcome: &str) {
        let came = until(async || {
            self.flight.flush();
            let counters = self.flight.counters();
            match outcome {
                "kept" => !self.kept.lock().unwrap().is_empty(),
                "late" => counters.promotions_late > 0,
                "refused" => counters.promotions_refused > 0,
                _ => true,
            }
        });
        tokio::time::timeout(PATIENCE, came).await.expect("the promotion");
    }

    /// Returns a line for each span that was kept, and one with the promotions that were late or refused.
    ///
    /// # Panics
    ///
    /// Panics if keeping a span has panicked.
    #[must_use]
    pub fn lines(&self) -> Vec<String> {
        self.flight.flush();
        let kept = self.kept.lock().unwrap();
        let spans = kept.iter().map(|span| Span::line(span, ["sampling.trigger", ""]));
        let counters = self.flight.counters();
        let promotions = format!("late {} refused {}", counters.promotions_late, counters.promotions_refused);
        spans.chain([promotions]).collect()
    }
}
