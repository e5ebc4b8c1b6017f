//! The server's JSON.

use std::fmt;

use serde_json::Value;

use super::strategy::{Operations, Strategy};

impl Strategy {
    /// Reads an answer to `GET /sampling?service=…`.
    ///
    /// Which strategy it is follows from the object that is there, the operations' first; `strategyType` is not
    /// looked at, for it says `PROBABILISTIC` beside `operationSampling`.
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
    /// When it is no JSON, has none of the three objects, or a number is missing or out of its range. One bad
    /// number refuses all of it: half a strategy is nobody's.
    pub fn from_json(text: &str) -> Result<Self, StrategyError> {
        let answer: Value = serde_json::from_str(text).map_err(|error| StrategyError(error.to_string()))?;
        let object = |name| answer.get(name).filter(|value: &&Value| value.is_object());
        if let Some(operations) = object("operationSampling") {
            return Ok(Self::Operations(operations_of(operations)?));
        }
        if let Some(probabilistic) = object("probabilisticSampling") {
            return Ok(Self::Probabilistic(share(probabilistic, "samplingRate")?));
        }
        if let Some(limit) = object("rateLimitingSampling") {
            return Ok(Self::RateLimiting(rate(limit, "maxTracesPerSecond")?));
        }
        Err(StrategyError("none of operationSampling, probabilisticSampling, rateLimitingSampling".into()))
    }
}

fn operations_of(object: &Value) -> Result<Operations, StrategyError> {
    let listed = object.get("perOperationStrategies").and_then(Value::as_array);
    let operation = |value: &Value| {
        let name = value.get("operation").and_then(Value::as_str);
        let name = name.ok_or_else(|| StrategyError("an operation has no name".into()))?;
        let probabilistic = value.get("probabilisticSampling").unwrap_or(&Value::Null);
        Ok((name.to_owned(), share(probabilistic, "samplingRate")?))
    };
    Ok(Operations {
        default_probability: share(object, "defaultSamplingProbability")?,
        lower_bound: rate(object, "defaultLowerBoundTracesPerSecond")?,
        operations: listed.into_iter().flatten().map(operation).collect::<Result<_, _>>()?,
    })
}

fn share(object: &Value, name: &str) -> Result<f64, StrategyError> {
    number(object, name, 1.0)
}

fn rate(object: &Value, name: &str) -> Result<f64, StrategyError> {
    number(object, name, f64::MAX)
}

/// A number from 0 to `most`. One that is not there is 0, as in protobuf, unless its object is not there either.
fn number(object: &Value, name: &str, most: f64) -> Result<f64, StrategyError> {
    let found = match object.get(name) {
        None if object.is_object() => Some(0.0),
        found => found.and_then(Value::as_f64),
    };
    let in_range = found.filter(|number| (0.0..=most).contains(number));
    in_range.ok_or_else(|| StrategyError(format!("{name} is not a number from 0 to {most}")))
}

/// An answer that is no strategy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StrategyError(String);

impl fmt::Display for StrategyError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "no sampling strategy: {}", self.0)
    }
}

impl std::error::Error for StrategyError {}

#[cfg(test)]
mod tests {
    use super::*;

    /// As Jaeger's collector writes them (`jsonpb` with its defaults, enums as text).
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
            // Adaptive sampling sends both; an enum may be a number; what is unknown is no matter.
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
}
