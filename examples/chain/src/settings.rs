//! The settings of a process of the chain, in its environment.

use std::env;
use std::fmt;
use std::path::PathBuf;
use std::process::Command;
use std::str::FromStr;
use std::time::Duration;

use crate::Failure;

/// A process of the chain.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Role {
    Client,
    Consumer,
    Gateway,
    OldConsumer,
    Push,
}

impl Role {
    const ALL: [Self; 5] = [Self::Client, Self::Consumer, Self::Gateway, Self::OldConsumer, Self::Push];

    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Client => "client",
            Self::Consumer => "consumer",
            Self::Gateway => "gateway",
            Self::OldConsumer => "old-consumer",
            Self::Push => "push",
        }
    }
}

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// The step that is slow.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Slow {
    Database,
    Push,
}

impl Slow {
    /// The additional time of the slow step.
    pub(crate) const BY: Duration = Duration::from_millis(1500);

    const fn name(self) -> &'static str {
        match self {
            Self::Database => "db",
            Self::Push => "push",
        }
    }
}

impl FromStr for Slow {
    type Err = Failure;

    fn from_str(text: &str) -> Result<Self, Failure> {
        let of = [Self::Database, Self::Push].into_iter().find(|slow| slow.name() == text);
        of.ok_or_else(|| format!("{text}: `db` and `push` can be slow").into())
    }
}

/// The addresses of the other processes.
#[derive(Debug, Clone, Default)]
pub(crate) struct Settings {
    /// Kafka's `bootstrap.servers`.
    pub(crate) kafka: String,
    /// The URL of the database.
    pub(crate) database: String,
    /// The address of the push service.
    pub(crate) push: String,
    /// The address of the gateway.
    pub(crate) gateway: String,
    pub(crate) logs: PathBuf,
    pub(crate) slow: Option<Slow>,
    /// The id of the first post that the client sends.
    pub(crate) first: u64,
}

impl Settings {
    /// Turns a command into the start of a process of the chain.
    pub(crate) fn tell(&self, role: Role, command: &mut Command) {
        command.env("CHAIN_ROLE", role.name());
        command.env("CHAIN_KAFKA", &self.kafka).env("CHAIN_DATABASE", &self.database);
        command.env("CHAIN_PUSH", &self.push).env("CHAIN_GATEWAY", &self.gateway);
        command.env("CHAIN_LOGS", &self.logs).env("CHAIN_SLOW", self.slow.map_or("", Slow::name));
        command.env("CHAIN_FIRST", self.first.to_string());
    }

    /// Reads the settings of this process. Returns `None` in the process that starts the others.
    pub(crate) fn from_env() -> Option<Result<(Role, Self), Failure>> {
        let role = env::var("CHAIN_ROLE").ok()?;
        let text = |name: &str| env::var(name).unwrap_or_default();
        let read = || {
            let role = Role::ALL.into_iter().find(|known| known.name() == role).ok_or("no such role")?;
            let slow = Some(text("CHAIN_SLOW")).filter(|slow| !slow.is_empty());
            let settings = Self {
                kafka: text("CHAIN_KAFKA"),
                database: text("CHAIN_DATABASE"),
                push: text("CHAIN_PUSH"),
                gateway: text("CHAIN_GATEWAY"),
                logs: text("CHAIN_LOGS").into(),
                slow: slow.map(|slow| slow.parse()).transpose()?,
                first: text("CHAIN_FIRST").parse()?,
            };
            Ok((role, settings))
        };
        Some(read())
    }
}
