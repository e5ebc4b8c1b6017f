//! What is known of a protocol's variants, and the rules among them.

use super::Schema;
use crate::wire::{RESERVED_INDEX, RESERVED_NAME};

/// A variant of today.
#[derive(Debug, Clone, Copy)]
pub struct Variant {
    pub(super) index: Option<u32>,
    pub(super) name: Option<&'static str>,
    pub(super) since: Schema,
    pub(super) read: bool,
}

impl Variant {
    /// A variant whose number is its place.
    pub const PLAIN: Self = Self { index: None, name: None, since: 0, read: true };

    /// A variant of this number (`#[traced(index = …)]`).
    pub const fn at(index: u32) -> Self {
        Self { index: Some(index), ..Self::PLAIN }
    }

    /// Called so on the wire, whatever serde's derive calls it.
    #[must_use]
    pub const fn named(mut self, name: &'static str) -> Self {
        self.name = Some(name);
        self
    }

    /// Not known to peers of an older schema (`#[traced(since = …)]`).
    #[must_use]
    pub const fn since(mut self, schema: Schema) -> Self {
        self.since = schema;
        self
    }

    /// Never read: `#[serde(skip)]` or `#[serde(skip_deserializing)]`.
    #[must_use]
    pub const fn never_read(mut self) -> Self {
        self.read = false;
        self
    }
}

/// A shape that is no more: `#[traced(legacy(…))]`.
#[derive(Debug, Clone, Copy)]
pub struct Retired {
    pub(super) shape: &'static str,
    pub(super) index: Option<u32>,
    pub(super) name: Option<&'static str>,
    pub(super) until: Schema,
}

impl Retired {
    /// The shape that this type describes.
    pub const fn new(shape: &'static str) -> Self {
        Self { shape, index: None, name: None, until: 1 }
    }

    /// Its number in formats that write numbers.
    #[must_use]
    pub const fn at(mut self, index: u32) -> Self {
        self.index = Some(index);
        self
    }

    /// Its name in formats that write names.
    #[must_use]
    pub const fn named(mut self, name: &'static str) -> Self {
        self.name = Some(name);
        self
    }

    /// The first schema that has it no more; 1 unless said.
    #[must_use]
    pub const fn until(mut self, schema: Schema) -> Self {
        self.until = schema;
        self
    }
}

/// The highest schema named.
pub(super) const fn schema(today: &[Variant], retired: &[Retired]) -> Schema {
    let mut highest = 0;
    let mut i = 0;
    while i < today.len() {
        if today[i].since > highest {
            highest = today[i].since;
        }
        i += 1;
    }
    i = 0;
    while i < retired.len() {
        if retired[i].until > highest {
            highest = retired[i].until;
        }
        i += 1;
    }
    highest
}

/// The number of the variant at this place.
#[expect(clippy::cast_possible_truncation, reason = "an enum of 2^32 variants does not compile")]
pub(super) const fn index(today: &[Variant], place: usize) -> u32 {
    match today[place].index {
        Some(index) => index,
        None => place as u32,
    }
}

/// Panics when a number or name is reserved or used twice; evaluated when the user's crate is compiled. The macro
/// says the same at the token that is wrong.
pub(super) const fn check(today: &[Variant], retired: &[Retired]) {
    let mut i = 0;
    while i < today.len() {
        assert!(
            today[i].index.is_some() == today[0].index.is_some(),
            "if one variant has an index, all must"
        );
        assert!(index(today, i) < RESERVED_INDEX, "an index must be below 127, which is the envelope's");
        assert!(!same(today[i].name, Some(RESERVED_NAME)), "`__traced` is the envelope's name");
        let mut j = 0;
        while j < i {
            assert!(index(today, i) != index(today, j), "two variants have the same index");
            assert!(!same(today[i].name, today[j].name), "two variants have the same name");
            j += 1;
        }
        i += 1;
    }
    i = 0;
    while i < retired.len() {
        assert!(
            retired[i].index.is_some() || retired[i].name.is_some(),
            "a retired shape needs a name or an index"
        );
        assert!(!same(retired[i].name, Some(RESERVED_NAME)), "`__traced` is the envelope's name");
        assert!(i == 0 || retired[i - 1].until <= retired[i].until, "retired shapes stand the oldest first");
        let mut j = 0;
        while j < today.len() {
            if let Some(index) = retired[i].index {
                assert!(index < RESERVED_INDEX, "an index must be below 127, which is the envelope's");
                assert!(index != self::index(today, j), "the index of a retired shape is used again");
            }
            assert!(!same(retired[i].name, today[j].name), "the name of a retired shape is used again");
            j += 1;
        }
        j = 0;
        while j < i {
            if let (Some(a), Some(b)) = (retired[i].index, retired[j].index) {
                assert!(a != b, "two retired shapes have the same index");
            }
            assert!(!same(retired[i].name, retired[j].name), "two retired shapes have the same name");
            j += 1;
        }
        i += 1;
    }
}

/// Whether both are there and equal.
const fn same(a: Option<&str>, b: Option<&str>) -> bool {
    let (Some(a), Some(b)) = (a, b) else { return false };
    let (a, b) = (a.as_bytes(), b.as_bytes());
    if a.len() != b.len() {
        return false;
    }
    let mut i = 0;
    while i < a.len() {
        if a[i] != b[i] {
            return false;
        }
        i += 1;
    }
    true
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refusal(today: &[Variant], retired: &[Retired]) -> Option<String> {
        let refused = std::panic::catch_unwind(|| check(today, retired)).err()?;
        Some(refused.downcast_ref::<&str>().copied().unwrap_or_default().to_owned())
    }

    /// One defect each.
    #[test]
    fn a_number_or_name_used_twice_does_not_compile() {
        let old = Retired::new("Old");
        let cases: [(&[Variant], &[Retired], &str); 12] = [
            (&[Variant::at(0), Variant::PLAIN], &[], "if one variant has an index, all must"),
            (&[Variant::at(127)], &[], "an index must be below 127, which is the envelope's"),
            (&[Variant::PLAIN.named("__traced")], &[], "`__traced` is the envelope's name"),
            (&[Variant::at(1), Variant::at(1)], &[], "two variants have the same index"),
            (&[Variant::at(0).named("a"), Variant::at(1).named("a")], &[], "two variants have the same name"),
            (&[Variant::at(0)], &[old], "a retired shape needs a name or an index"),
            (&[Variant::at(0)], &[old.at(0)], "the index of a retired shape is used again"),
            (&[Variant::PLAIN], &[old.at(0)], "the index of a retired shape is used again"),
            (&[Variant::at(0).named("a")], &[old.named("a")], "the name of a retired shape is used again"),
            (&[Variant::at(0)], &[old.at(1), old.at(1)], "two retired shapes have the same index"),
            (&[Variant::at(0)], &[old.named("a"), old.named("a")], "two retired shapes have the same name"),
            (&[Variant::at(0)], &[old.at(1).until(2), old.at(2)], "retired shapes stand the oldest first"),
        ];
        for (today, retired, reason) in cases {
            assert_eq!(refusal(today, retired).as_deref(), Some(reason));
        }
        assert_eq!(
            refusal(&[Variant::at(0), Variant::at(3)], &[old.at(1).named("a"), old.at(2).until(2)]),
            None
        );
        assert_eq!(schema(&[Variant::PLAIN.since(2)], &[old.until(3), old]), 3);
    }
}
