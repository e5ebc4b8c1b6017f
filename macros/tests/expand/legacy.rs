//! Retired shapes and pinned numbers: serde's derives move to a mirror of the enum.

/// The messages of a guild.
#[traced_actor]
#[derive(Debug, Clone, Serialize, Deserialize)]
#[traced(legacy(JoinV1, name = "Join", index = 0, upgrade = JoinV1::up, downgrade = JoinV1::down))]
#[traced(legacy(LeaveV1, name = "Leave", index = 2, since = 1, until = 2))]
#[serde(rename_all = "kebab-case")]
pub enum Message {
    /// A member joined.
    #[traced(index = 5, since = 1, fields(user))]
    #[serde(rename = "join2")]
    Join {
        user: u64,
        #[serde(default)]
        region: String,
    },
    #[traced(index = 1)]
    Post(u64, String),
    #[cfg(feature = "admin")]
    #[traced(index = 6, since = 2)]
    KickAll,
    #[serde(skip)]
    Cached(Instant),
}
