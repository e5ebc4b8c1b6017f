//! The baggage keys that a process uses: as attributes of its spans, and for sampling decisions.

use std::borrow::Cow;
use std::fmt;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

use crate::baggage;
use traced_actor::record::field::MAX_VALUE_BYTES;

/// The baggage keys that become attributes of spans. A process has one list.
///
/// Baggage travels with the trace, across actors, the wire, HTTP and brokers. Without a list it only travels, so that
/// the contents of a header do not get into your telemetry by accident. With a list, spans get an attribute for each
/// listed key that their trace carries. This applies to spans of messages, and to other spans that
/// `traced-actor-opentelemetry` samples. The attribute has the name of the key.
///
/// ```
/// use traced_actor_propagation::BaggageKeys;
///
/// BaggageKeys::new(["tenant", "priority", "feature.new-feed"]).sample_by("tenant").install()?;
/// # Ok::<(), traced_actor_propagation::BaggageKeysError>(())
/// ```
///
/// # Rules
///
/// * Keys are case-sensitive. If a key occurs several times, its last value counts.
/// * A field of the message with the same name takes precedence.
/// * A batch has the attributes for which all of its messages have the same value.
/// * A value is decoded, and truncated to [`max_value_bytes`](Self::max_value_bytes). [`counts`](Self::counts) counts
///   truncated values.
/// * The list has at most [`MAX_KEYS`](Self::MAX_KEYS) keys, so baggage adds no more attributes than that to a span.
///
/// An [`Edge`](crate::Edge) without full trust accepts no baggage, except for the keys that
/// [`Edge::accept_baggage`](crate::Edge::accept_baggage) names.
///
/// # Cost
///
/// A sampled span with baggage costs one pass over its list. Unsampled messages cost nothing. Before a list is
/// installed, nothing has a cost.
#[derive(Debug, Clone)]
#[must_use = "the keys have no effect before they are installed"]
pub struct BaggageKeys {
    keys: Vec<Cow<'static, str>>,
    max_value: usize,
    sample_by: Option<Cow<'static, str>>,
}

/// The installed list.
struct Installed {
    keys: Vec<&'static str>,
    max_value: usize,
    sample_by: Option<Cow<'static, str>>,
}

static INSTALLED: OnceLock<Installed> = OnceLock::new();
static CUT: AtomicU64 = AtomicU64::new(0);

impl BaggageKeys {
    /// The maximum number of keys.
    pub const MAX_KEYS: usize = 32;

    /// Creates a list of these keys. Repeated keys count once.
    pub fn new<K: Into<Cow<'static, str>>>(keys: impl IntoIterator<Item = K>) -> Self {
        let mut unique: Vec<Cow<'static, str>> = Vec::new();
        // One key too many is an error, and further keys are not read.
        for key in keys.into_iter().map(Into::into) {
            if unique.len() <= Self::MAX_KEYS && !unique.contains(&key) {
                unique.push(key);
            }
        }
        Self { keys: unique, max_value: 128, sample_by: None }
    }

    /// Sets the maximum length of an attribute's value, in bytes. Longer values are truncated at a character boundary.
    ///
    /// The default is 128, and the maximum is 1,024.
    pub fn max_value_bytes(mut self, bytes: usize) -> Self {
        self.max_value = bytes.min(MAX_VALUE_BYTES);
        self
    }

    /// Sets the key whose value is the sampling key of roots that OpenTelemetry's own spans start.
    ///
    /// The key need not be on the list. At the edges of the system, use [`Edge::sample_by`](crate::Edge::sample_by).
    pub fn sample_by(mut self, key: impl Into<Cow<'static, str>>) -> Self {
        self.sample_by = Some(key.into());
        self
    }

    /// Installs the list for this process.
    ///
    /// # Errors
    ///
    /// Returns an error if a list is already installed, if a key is not valid in baggage, or if there are too many
    /// keys.
    pub fn install(self) -> Result<(), BaggageKeysError> {
        if self.keys.len() > Self::MAX_KEYS {
            return Err(BaggageKeysError::TooMany);
        }
        if let Some(key) = self.keys.iter().chain(&self.sample_by).find(|key| !baggage::is_key(key)) {
            return Err(BaggageKeysError::Key(key.clone().into_owned()));
        }
        if INSTALLED.get().is_some() {
            return Err(BaggageKeysError::AlreadyInstalled);
        }
        let forever = |key: Cow<'static, str>| match key {
            Cow::Borrowed(key) => key,
            Cow::Owned(key) => &*String::leak(key),
        };
        let keys = self.keys.into_iter().map(forever).collect();
        let installed = Installed { keys, max_value: self.max_value, sample_by: self.sample_by };
        INSTALLED.set(installed).map_err(|_| BaggageKeysError::AlreadyInstalled)
    }

    /// Returns whether a list is installed. Costs one load.
    #[inline]
    pub fn is_installed() -> bool {
        INSTALLED.get().is_some()
    }

    /// Returns the number of values that were truncated so far.
    pub fn counts() -> BaggageCounts {
        BaggageCounts { cut: CUT.load(Relaxed) }
    }

    /// Returns the key for sampling decisions, if it was set. For recorders.
    pub fn sampling_key() -> Option<&'static str> {
        INSTALLED.get()?.sample_by.as_deref()
    }

    /// Visits the attributes of a span with these baggage lists, in the form of W3C's header. For recorders.
    ///
    /// These are the values of the installed keys that are the same in all lists. Visits nothing before keys are
    /// installed.
    pub fn visit<'b>(
        mut lists: impl Iterator<Item = Option<&'b str>>,
        mut visit: impl FnMut(&'static str, &str),
    ) {
        let Some(Installed { keys, max_value, .. }) = INSTALLED.get() else { return };
        let Some(Some(first)) = lists.next() else { return };
        let mut values = values(keys, first);
        for other in lists.filter(|other| *other != Some(first)) {
            let others = other.map_or([None; Self::MAX_KEYS], |other| self::values(keys, other));
            for (value, other) in values.iter_mut().zip(others) {
                *value = value.filter(|value| Some(*value) == other);
            }
        }
        for (key, value) in keys.iter().zip(values) {
            if let Some(value) = value.map(|value| baggage::decode(value.as_bytes())) {
                visit(key, cut(&value, *max_value));
            }
        }
    }

    /// Visits the attributes of a span whose baggage is given as a decoded value for each key. For recorders.
    ///
    /// Visits nothing before keys are installed.
    pub fn visit_values<'b>(
        value: impl Fn(&'static str) -> Option<&'b str>,
        mut visit: impl FnMut(&'static str, &str),
    ) {
        let Some(Installed { keys, max_value, .. }) = INSTALLED.get() else { return };
        for key in keys {
            if let Some(value) = value(key) {
                visit(key, cut(value, *max_value));
            }
        }
    }
}

/// Returns the encoded values of the keys in a list.
fn values<'b>(keys: &[&str], list: &'b str) -> [Option<&'b str>; BaggageKeys::MAX_KEYS] {
    let mut values = [None; BaggageKeys::MAX_KEYS];
    for member in baggage::members(list) {
        if let Some(at) = keys.iter().position(|key| *key == member.key()) {
            values[at] = Some(member.encoded());
        }
    }
    values
}

/// Returns the beginning of a value, truncated at a character boundary within the limit, and counts the truncation.
fn cut(value: &str, max: usize) -> &str {
    if value.len() <= max {
        return value;
    }
    CUT.fetch_add(1, Relaxed);
    let mut end = max;
    while !value.is_char_boundary(end) {
        end -= 1;
    }
    &value[..end]
}

/// The counts of values that [`BaggageKeys`] truncated.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct BaggageCounts {
    /// The number of attribute values that were truncated because they were too long.
    pub cut: u64,
}

/// The error of installing [`BaggageKeys`].
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum BaggageKeysError {
    /// A list is already installed. A process has only one.
    AlreadyInstalled,
    /// The key is not valid in baggage: it is empty, or has characters that are not allowed in an HTTP token.
    Key(String),
    /// More keys than [`BaggageKeys::MAX_KEYS`].
    TooMany,
}

impl fmt::Display for BaggageKeysError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::AlreadyInstalled => {
                f.write_str("baggage keys are already installed; a process has one list")
            }
            Self::Key(key) => write!(f, "`{}` is not a valid baggage key", key.escape_debug()),
            Self::TooMany => write!(f, "there are more than {} baggage keys", BaggageKeys::MAX_KEYS),
        }
    }
}

impl std::error::Error for BaggageKeysError {}
