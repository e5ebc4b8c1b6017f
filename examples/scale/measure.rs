//! A run and its measurements.

use std::str::FromStr;

/// A run with this many actors, each with a mailbox. Some of them receive posts, and send each post on to others.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Run {
    pub(crate) actors: u64,
    /// The sampled share of the traces. `None` for tokio's own channels without tracing.
    pub(crate) ratio: Option<f64>,
    pub(crate) posts: u64,
    /// The number of recipients of a post.
    pub(crate) fanout: u64,
}

/// The measurements of a run.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub(crate) struct Measured {
    /// The number of handled messages: the posts, and the messages that they caused.
    pub(crate) messages: f64,
    /// The number of exported spans.
    pub(crate) spans: f64,
    /// The CPU time of the thread with the actors, in seconds.
    pub(crate) actor_cpu: f64,
    /// The CPU time of the thread that exports, in seconds.
    pub(crate) export_cpu: f64,
    /// The bytes of the exported requests, in protobuf, not compressed.
    pub(crate) bytes: f64,
    /// The resident memory of an actor in bytes, with its task, its mailbox and its sender.
    pub(crate) actor_bytes: f64,
}

impl Run {
    /// The number of messages of a run: enough for the system's clock, and few enough to wait for.
    const MESSAGES: u64 = 2_000_000;

    const fn new(actors: u64, ratio: Option<f64>) -> Self {
        let fanout = crate::model::FANOUT;
        Self { actors, ratio, posts: Self::MESSAGES / (fanout + 1), fanout }
    }

    /// Returns a run with tokio's own channels.
    pub(crate) const fn bare(actors: u64) -> Self {
        Self::new(actors, None)
    }

    /// Returns a run with traced channels, which samples this share of the traces.
    pub(crate) const fn traced(actors: u64, ratio: f64) -> Self {
        Self::new(actors, Some(ratio))
    }
}

// ----- from process to process -----

impl std::fmt::Display for Run {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let ratio = self.ratio.map_or_else(|| "bare".to_owned(), |ratio| ratio.to_string());
        write!(f, "{} {ratio} {} {}", self.actors, self.posts, self.fanout)
    }
}

impl FromStr for Run {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let parts: Vec<&str> = text.split(' ').collect();
        let [actors, ratio, posts, fanout] = parts[..] else { return Err(format!("{text:?} is no run")) };
        let whole = |text: &str| text.parse().map_err(|error| format!("{text:?}: {error}"));
        let ratio = match ratio {
            "bare" => None,
            ratio => Some(ratio.parse().map_err(|error| format!("{ratio:?}: {error}"))?),
        };
        Ok(Self { actors: whole(actors)?, ratio, posts: whole(posts)?, fanout: whole(fanout)? })
    }
}

impl std::fmt::Display for Measured {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { messages, spans, actor_cpu, export_cpu, bytes, actor_bytes } = self;
        write!(f, "{messages} {spans} {actor_cpu} {export_cpu} {bytes} {actor_bytes}")
    }
}

impl FromStr for Measured {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let numbers: Result<Vec<f64>, _> = text.split_whitespace().map(str::parse).collect();
        match numbers.map_err(|error| format!("{text:?}: {error}"))?[..] {
            [messages, spans, actor_cpu, export_cpu, bytes, actor_bytes] => {
                Ok(Self { messages, spans, actor_cpu, export_cpu, bytes, actor_bytes })
            }
            _ => Err(format!("{text:?} has not six numbers")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_process_says_is_what_the_other_one_reads() {
        for run in [Run::bare(7), Run::traced(9, 0.25)] {
            assert_eq!(run.to_string().parse(), Ok(run));
        }
        let measured = Measured { messages: 1.0, spans: 0.5, bytes: 1e9, ..Measured::default() };
        assert_eq!(measured.to_string().parse(), Ok(measured));
        assert!("1 2".parse::<Measured>().is_err() && "x".parse::<Run>().is_err());
    }
}
