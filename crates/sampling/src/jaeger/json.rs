//! The JSON format of the server.

use std::fmt;
use std::sync::Arc;

use serde::Deserialize;

use super::strategy::{Operations, Strategy};

impl Strategy {
    /// Parses the answer to `GET /sampling?service=…`.
    ///
    /// The strategy depends on which object is present, with `operationSampling` first. `strategyType` is ignored,
    /// because servers send `PROBABILISTIC` together with `operationSampling`.
    ///
    /// ```
    /// use traced_actor_sampling::jaeger::Strategy;
    ///
    /// let answer = r#"{"strategyType":"RATE_LIMITING","rateLimitingSampling":{"maxTracesPerSecond":5}}"#;
    /// assert_eq!(Strategy::from_json(answer)?, Strategy::RateLimiting(5.0));
    /// # Ok::<(), traced_actor_sampling::jaeger::StrategyError>(())
    /// ```
    ///
    /// # Errors
    ///
    /// Returns an error if the text is not JSON, has none of the three objects, or if a number is missing or out of
    /// range. One bad number rejects the whole answer, so that no strategy is applied in part.
    pub fn from_json(text: &str) -> Result<Self, StrategyError> {
        let answer: Answer = serde_json::from_str(text).map_err(StrategyError::syntax)?;
        if let Some(operations) = answer.operations {
            return Ok(Self::Operations(operations.read()?));
        }
        if let Some(probabilistic) = answer.probabilistic {
            return Ok(Self::Probabilistic(probabilistic.read()?));
        }
        if let Some(limit) = answer.limit {
            return Ok(Self::RateLimiting(in_range(limit.per_second, "maxTracesPerSecond", f64::MAX)?));
        }
        Err(StrategyError::new(
            "it has none of operationSampling, probabilisticSampling and rateLimitingSampling",
        ))
    }
}

#[derive(Deserialize)]
struct Answer {
    #[serde(rename = "operationSampling")]
    operations: Option<PerOperation>,
    #[serde(rename = "probabilisticSampling")]
    probabilistic: Option<Probabilistic>,
    #[serde(rename = "rateLimitingSampling")]
    limit: Option<Limit>,
}

// A missing number is 0, as in protobuf.

#[derive(Deserialize)]
struct Probabilistic {
    #[serde(rename = "samplingRate", default)]
    share: f64,
}

#[derive(Deserialize)]
struct Limit {
    #[serde(rename = "maxTracesPerSecond", default)]
    per_second: f64,
}

#[derive(Deserialize)]
struct PerOperation {
    #[serde(rename = "defaultSamplingProbability", default)]
    default_share: f64,
    #[serde(rename = "defaultLowerBoundTracesPerSecond", default)]
    lower_bound: f64,
    #[serde(rename = "perOperationStrategies")]
    operations: Option<Vec<OneOperation>>,
}

#[derive(Deserialize)]
struct OneOperation {
    operation: String,
    #[serde(rename = "probabilisticSampling")]
    probabilistic: Probabilistic,
}

impl Probabilistic {
    fn read(&self) -> Result<f64, StrategyError> {
        in_range(self.share, "samplingRate", 1.0)
    }
}

impl PerOperation {
    fn read(self) -> Result<Operations, StrategyError> {
        let listed = self.operations.into_iter().flatten();
        Ok(Operations {
            default_probability: in_range(self.default_share, "defaultSamplingProbability", 1.0)?,
            lower_bound: in_range(self.lower_bound, "defaultLowerBoundTracesPerSecond", f64::MAX)?,
            operations: listed
                .map(|one| Ok((one.operation, one.probabilistic.read()?)))
                .collect::<Result<_, _>>()?,
        })
    }
}

fn in_range(number: f64, name: &str, most: f64) -> Result<f64, StrategyError> {
    let is_in_range = (0.0..=most).contains(&number);
    is_in_range
        .then_some(number)
        .ok_or_else(|| StrategyError::new(format!("{name} is not a number from 0 to {most}")))
}

/// The error of parsing an answer as a strategy.
///
/// Its [source](std::error::Error::source) is the error of the parser if the answer is not JSON or has values of other
/// types.
#[derive(Debug, Clone)]
pub struct StrategyError {
    text: String,
    source: Option<Arc<serde_json::Error>>,
}

impl StrategyError {
    fn new(text: impl Into<String>) -> Self {
        Self { text: text.into(), source: None }
    }

    fn syntax(error: serde_json::Error) -> Self {
        Self { text: error.to_string(), source: Some(Arc::new(error)) }
    }
}

impl PartialEq for StrategyError {
    fn eq(&self, other: &Self) -> bool {
        self.text == other.text
    }
}

impl Eq for StrategyError {}

impl fmt::Display for StrategyError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "cannot read the sampling strategy: {}", self.text)
    }
}

impl std::error::Error for StrategyError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        self.source.as_deref().map(|error| error as &(dyn std::error::Error + 'static))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The texts are those of Jaeger's collector (`jsonpb` with its defaults, enums as text).
    #[test]
    fn every_kind_is_read_as_jaeger_sends_it() {
        let answers = [
            (
                r#"{"strategyType":"PROBABILISTIC","probabilisticSampling":{"samplingRate":0.001}}"#,
                Strategy::Probabilistic(0.001),
            ),
            (
                r#"{"strategyType":"RATE_LIMITING","rateLimitingSampling":{"maxTracesPerSecond":5}}"#,
                Strategy::RateLimiting(5.0),
            ),
            (
                r#"{"strategyType":"PROBABILISTIC","operationSampling":{"defaultSamplingProbability":0.001,
                "defaultLowerBoundTracesPerSecond":0.0166,"perOperationStrategies":[{"operation":"op1",
                "probabilisticSampling":{"samplingRate":0.2}}],"defaultUpperBoundTracesPerSecond":0}}"#,
                Strategy::Operations(Operations::new(0.001, 0.0166, vec![("op1".into(), 0.2)])),
            ),
            // Adaptive sampling sends both; an enum may be a number; unknown parts are ignored.
            (
                r#"{"strategyType":0,"probabilisticSampling":{"samplingRate":0.5},"rateLimitingSampling":null,
                "operationSampling":{"defaultSamplingProbability":0.25},"new":[1]}"#,
                Strategy::Operations(Operations::new(0.25, 0.0, vec![])),
            ),
        ];
        for (answer, strategy) in answers {
            assert_eq!(Strategy::from_json(answer), Ok(strategy), "{answer}");
        }
    }

    #[test]
    fn anything_else_is_refused_as_a_whole() {
        let answers = [
            "",
            "[]",
            "null",
            r#"{"strategyType":"PROBABILISTIC"}"#,
            r#"{"probabilisticSampling":{"samplingRate":1.5}}"#,
            r#"{"probabilisticSampling":{"samplingRate":"NaN"}}"#,
            r#"{"rateLimitingSampling":{"maxTracesPerSecond":-1}}"#,
            r#"{"operationSampling":{"perOperationStrategies":[{"operation":"a"}]}}"#,
            r#"{"operationSampling":{"perOperationStrategies":[{"probabilisticSampling":{"samplingRate":1}}]}}"#,
        ];
        for answer in answers {
            assert!(Strategy::from_json(answer).is_err(), "{answer}");
        }
    }

    #[test]
    fn the_parser_s_error_is_the_source() {
        use std::error::Error as _;

        assert!(Strategy::from_json("{").unwrap_err().source().is_some());
        assert!(Strategy::from_json("{}").unwrap_err().source().is_none());
    }
}
