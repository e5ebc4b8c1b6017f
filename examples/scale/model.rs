//! The model: computes the cost of a number of connections from a few constants.

use crate::measure::{Measured, Run};

/// The number of recipients of a post in the measured runs.
pub(crate) const FANOUT: u64 = 20;
/// The number of traced recipients of a broadcast: the crate's default.
pub(crate) const BUDGET: f64 = 10.0;
/// The sampled share of the traces in the run that checks the model, and on the page.
pub(crate) const RATIO: f64 = 0.01;

/// The number of actions a second of one connection: one a minute.
pub(crate) const ACTIONS: f64 = 1.0 / 60.0;

/// The constants, as measured with few actors.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Constants {
    pub(crate) bare: Measured,
    pub(crate) unsampled: Measured,
    pub(crate) sampled: Measured,
}

/// A run with many actors, and the prediction of the model.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Check {
    pub(crate) actors: u64,
    pub(crate) bare: Measured,
    pub(crate) predicted: Measured,
    pub(crate) measured: Measured,
}

impl Measured {
    /// Returns the CPU time of the actors' thread for a message, in seconds.
    pub(crate) fn cpu_a_message(&self) -> f64 {
        self.actor_cpu / self.messages.max(1.0)
    }
}

impl Constants {
    /// Returns the CPU time that tracing adds to an unsampled message, in seconds. With a noisy clock it may be
    /// negative.
    pub(crate) fn unsampled(&self) -> f64 {
        (self.unsampled.cpu_a_message() - self.bare.cpu_a_message()).max(0.0)
    }

    /// Returns the CPU time that a span adds on the actor's thread, in seconds.
    pub(crate) fn span(&self) -> f64 {
        let added = self.sampled.actor_cpu - self.unsampled.cpu_a_message() * self.sampled.messages;
        (added / self.sampled.spans.max(1.0)).max(0.0)
    }

    /// Returns the CPU time of a span's export on its own thread, in seconds.
    pub(crate) fn export(&self) -> f64 {
        self.sampled.export_cpu / self.sampled.spans.max(1.0)
    }

    /// Returns the bytes of an exported span.
    pub(crate) fn bytes(&self) -> f64 {
        self.sampled.bytes / self.sampled.spans.max(1.0)
    }

    /// Returns the predicted measurements of a run.
    #[expect(clippy::cast_precision_loss, reason = "millions")]
    pub(crate) fn predict(&self, run: &Run) -> Measured {
        let (posts, fanout) = (run.posts as f64, run.fanout as f64);
        let spans = posts * run.ratio.unwrap_or(0.0) * (1.0 + fanout.min(BUDGET));
        let messages = posts * (1.0 + fanout);
        Measured {
            messages,
            spans,
            actor_cpu: messages * self.unsampled.cpu_a_message() + spans * self.span(),
            export_cpu: spans * self.export(),
            bytes: spans * self.bytes(),
            actor_bytes: self.unsampled.actor_bytes,
        }
    }
}

/// The rules by which spans are kept.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Scheme {
    /// Every message has a span, and no broadcast has a budget.
    All,
    /// A share of the traces, with every recipient of their broadcasts.
    WithoutBudget(f64),
    /// A share of the traces, and a budget for each broadcast.
    Ratio(f64),
    /// A number of new traces a second in each process, whatever the load, and a budget for each broadcast.
    Limited(f64),
}

impl Scheme {
    pub(crate) const ALL: [Self; 5] =
        [Self::All, Self::WithoutBudget(RATIO), Self::Ratio(RATIO), Self::Ratio(0.001), Self::Limited(100.0)];

    pub(crate) fn name(self) -> String {
        match self {
            Self::All => "all, no fan-out budget".to_owned(),
            Self::WithoutBudget(ratio) => format!("{} %, no fan-out budget", ratio * 100.0),
            Self::Ratio(ratio) => format!("{} %, budget of {BUDGET}", ratio * 100.0),
            Self::Limited(rate) => format!("{rate} roots a second and process, budget of {BUDGET}"),
        }
    }
}

/// A load: the number of connections, and the number of others that each action reaches.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Load {
    pub(crate) connections: f64,
    pub(crate) fanout: f64,
    /// The number of connections of one process.
    pub(crate) a_process: f64,
}

/// The cost of a load, for each second.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Taken {
    pub(crate) messages: f64,
    pub(crate) spans: f64,
    /// Exported bytes a second.
    pub(crate) bandwidth: f64,
    /// The processors that tracing takes: for unsampled messages, for spans, and for their export.
    pub(crate) tracing_cpu: f64,
    /// Processors that the messages take without tracing.
    pub(crate) bare_cpu: f64,
    /// The memory that tracing adds, in bytes.
    pub(crate) memory: f64,
}

impl Load {
    pub(crate) fn take(&self, constants: &Constants, scheme: Scheme) -> Taken {
        let roots = self.connections * ACTIONS;
        let messages = roots * (1.0 + self.fanout);
        let kept = 1.0 + self.fanout.min(BUDGET);
        let spans = match scheme {
            Scheme::All => messages,
            Scheme::WithoutBudget(ratio) => messages * ratio,
            Scheme::Ratio(ratio) => roots * ratio * kept,
            Scheme::Limited(rate) => roots.min(rate * (self.connections / self.a_process).ceil()) * kept,
        };
        let added = (constants.unsampled.actor_bytes - constants.bare.actor_bytes).max(0.0);
        Taken {
            messages,
            spans,
            bandwidth: spans * constants.bytes(),
            tracing_cpu: messages * constants.unsampled() + spans * (constants.span() + constants.export()),
            bare_cpu: messages * constants.bare.cpu_a_message(),
            memory: self.connections * added,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A million messages a second bare, 10 ns more unsampled; a span takes a microsecond, and one more to export.
    fn constants() -> Constants {
        let bare = Measured { messages: 1e6, actor_cpu: 1.0, actor_bytes: 2500.0, ..Measured::default() };
        let unsampled = Measured { actor_cpu: 1.01, actor_bytes: 3000.0, ..bare };
        let sampled = Measured { spans: 1e5, actor_cpu: 1.11, export_cpu: 0.1, bytes: 3e7, ..unsampled };
        Constants { bare, unsampled, sampled }
    }

    fn close(found: f64, expected: f64) {
        assert!((found / expected - 1.0).abs() < 1e-6, "{found} is not {expected}");
    }

    #[test]
    fn the_constants_are_differences() {
        let constants = constants();
        close(constants.unsampled(), 1e-8);
        close(constants.span(), 1e-6);
        close(constants.export(), 1e-6);
        close(constants.bytes(), 300.0);
    }

    #[test]
    fn a_load_by_hand() {
        // 600,000 connections: 10,000 roots a second, with 100 recipients each.
        let load = Load { connections: 600_000.0, fanout: 100.0, a_process: 100_000.0 };
        let taken = load.take(&constants(), Scheme::Ratio(0.01));
        close(taken.messages, 1_010_000.0);
        close(taken.spans, 100.0 * 11.0);
        close(taken.bandwidth, 1100.0 * 300.0);
        close(taken.tracing_cpu, 0.0101 + 0.0022);
        close(taken.bare_cpu, 1.01);
        close(taken.memory, 600_000.0 * 500.0);
        close(load.take(&constants(), Scheme::All).spans, 1_010_000.0);
        close(load.take(&constants(), Scheme::WithoutBudget(0.01)).spans, 10_100.0);
        // Six processes.
        close(load.take(&constants(), Scheme::Limited(100.0)).spans, 600.0 * 11.0);
        // No more than there are.
        let few = Load { connections: 60.0, ..load };
        close(few.take(&constants(), Scheme::Limited(100.0)).spans, 11.0);
    }

    #[test]
    fn the_measured_run_is_predicted_by_the_same_formulas() {
        let predicted = constants().predict(&Run { actors: 9, ratio: Some(0.1), posts: 1000, fanout: 20 });
        close(predicted.messages, 21_000.0);
        close(predicted.spans, 1100.0);
        close(predicted.actor_cpu, 21_000.0 * 1.01e-6 + 1100.0 * 1e-6);
        close(predicted.bytes, 330_000.0);
    }
}
