//! The arguments of the program.

use std::path::PathBuf;

use crate::Failure;
use crate::settings::Slow;

#[derive(Debug, Default)]
pub(crate) struct Arguments {
    pub(crate) slow: Option<Slow>,
    pub(crate) old_consumer: bool,
    pub(crate) plain_client: bool,
    pub(crate) mock_kafka: bool,
    pub(crate) logs: Option<PathBuf>,
}

impl Arguments {
    pub(crate) fn parse(words: impl IntoIterator<Item = String>) -> Result<Self, Failure> {
        let mut arguments = Self::default();
        let mut words = words.into_iter();
        while let Some(word) = words.next() {
            let mut value = || words.next().ok_or_else(|| format!("{word}: a word is missing"));
            match word.as_str() {
                "--slow" => arguments.slow = Some(value()?.parse()?),
                "--old-consumer" => arguments.old_consumer = true,
                "--client" if value()? == "plain" => arguments.plain_client = true,
                "--kafka" if value()? == "mock" => arguments.mock_kafka = true,
                "--logs" => arguments.logs = Some(value()?.into()),
                _ => return Err(format!("{word}: see the head of examples/chain/src/main.rs").into()),
            }
        }
        Ok(arguments)
    }
}
