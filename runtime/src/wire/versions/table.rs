//! Tables of a protocol's variants, and the rules for them.

use crate::wire::{RESERVED_INDEX, RESERVED_NAME};

/// The number of a version of a protocol. The authors of the protocol increment it, starting at 0.
pub type Schema = u32;

/// A current variant.
#[derive(Debug, Clone, Copy)]
pub struct CurrentVariant {
    /// The number, or `None` if the variant is never on the wire.
    pub(super) index: Option<u32>,
    pub(super) since: Schema,
    pub(super) read: bool,
}

impl CurrentVariant {
    /// A variant that is never on the wire: `#[serde(skip)]`.
    pub const SKIPPED: Self = Self { index: None, since: 0, read: false };

    /// Creates a variant with this number (`#[traced(index = …)]`).
    pub const fn at(index: u32) -> Self {
        Self { index: Some(index), since: 0, read: true }
    }

    /// Sets the first schema that knows the variant (`#[traced(since = …)]`).
    #[must_use]
    pub const fn since(mut self, schema: Schema) -> Self {
        self.since = schema;
        self
    }

    /// Marks a variant that is written but never read: `#[serde(skip_deserializing)]`.
    #[must_use]
    pub const fn never_read(mut self) -> Self {
        self.read = false;
        self
    }
}

/// A retired shape: `#[traced(legacy(…))]`.
#[derive(Debug, Clone, Copy)]
pub struct RetiredVariant {
    pub(super) shape: &'static str,
    pub(super) index: Option<u32>,
    pub(super) name: Option<&'static str>,
    pub(super) since: Schema,
    pub(super) until: Schema,
}

impl RetiredVariant {
    /// Creates a retired shape that this type describes.
    pub const fn new(shape: &'static str) -> Self {
        Self { shape, index: None, name: None, since: 0, until: 1 }
    }

    /// Sets its number, for formats that write numbers.
    #[must_use]
    pub const fn at(mut self, index: u32) -> Self {
        self.index = Some(index);
        self
    }

    /// Sets its name, for formats that write names.
    #[must_use]
    pub const fn named(mut self, name: &'static str) -> Self {
        self.name = Some(name);
        self
    }

    /// Sets the first schema with the shape. The default is 0.
    #[must_use]
    pub const fn since(mut self, schema: Schema) -> Self {
        self.since = schema;
        self
    }

    /// Sets the first schema without the shape. The default is 1.
    #[must_use]
    pub const fn until(mut self, schema: Schema) -> Self {
        self.until = schema;
        self
    }
}

/// Returns the highest schema that an entry names.
pub(super) const fn schema(today: &[CurrentVariant], retired: &[RetiredVariant]) -> Schema {
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

/// Panics if a number or name is reserved or used twice.
///
/// It is evaluated when the user's crate is compiled. The macro reports the same errors at the wrong token, except for
/// variants that a `#[cfg]` may remove.
pub(super) const fn check(names: &[&str], today: &[CurrentVariant], retired: &[RetiredVariant]) {
    assert!(names.len() == today.len(), "each variant has a name and a number");
    let mut i = 0;
    while i < today.len() {
        let name = on_wire(names, today, i);
        assert!(below_reserved(today[i].index), "an index must be below 127, which is the envelope's");
        assert!(!same(name, Some(RESERVED_NAME)), "`__traced` is the envelope's name");
        let mut j = 0;
        while j < i {
            assert!(!equal(today[i].index, today[j].index), "two variants have the same index");
            assert!(!same(name, on_wire(names, today, j)), "two variants have the same name");
            j += 1;
        }
        i += 1;
    }
    i = 0;
    while i < retired.len() {
        let RetiredVariant { index, name, since, until, .. } = retired[i];
        assert!(index.is_some() || name.is_some(), "a retired shape needs a name or an index");
        assert!(below_reserved(index), "an index must be below 127, which is the envelope's");
        assert!(!same(name, Some(RESERVED_NAME)), "`__traced` is the envelope's name");
        assert!(since < until, "a retired shape was there before it was gone");
        assert!(i == 0 || retired[i - 1].until <= until, "retired shapes stand the oldest first");
        let mut j = 0;
        while j < today.len() {
            assert!(!equal(index, today[j].index), "the index of a retired shape is used again");
            assert!(!same(name, on_wire(names, today, j)), "the name of a retired shape is used again");
            j += 1;
        }
        j = 0;
        while j < i {
            assert!(!equal(index, retired[j].index), "two retired shapes have the same index");
            assert!(!same(name, retired[j].name), "two retired shapes have the same name");
            j += 1;
        }
        i += 1;
    }
}

/// Returns the variant's name unless the variant is never on the wire.
const fn on_wire<'a>(names: &[&'a str], today: &[CurrentVariant], place: usize) -> Option<&'a str> {
    if today[place].index.is_some() { Some(names[place]) } else { None }
}

const fn below_reserved(index: Option<u32>) -> bool {
    match index {
        Some(index) => index < RESERVED_INDEX,
        None => true,
    }
}

/// Returns whether both are `Some` and equal.
const fn equal(a: Option<u32>, b: Option<u32>) -> bool {
    match (a, b) {
        (Some(a), Some(b)) => a == b,
        _ => false,
    }
}

/// Returns whether both are `Some` and equal.
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

    fn refusal(names: &[&str], today: &[CurrentVariant], retired: &[RetiredVariant]) -> Option<String> {
        let refused = std::panic::catch_unwind(|| check(names, today, retired)).err()?;
        Some(refused.downcast_ref::<&str>().copied().unwrap_or_default().to_owned())
    }

    /// One defect each.
    #[test]
    fn a_number_or_name_used_twice_does_not_compile() {
        let old = RetiredVariant::new("Old");
        let at = CurrentVariant::at;
        type Case<'a> = (&'a [&'a str], &'a [CurrentVariant], &'a [RetiredVariant], &'a str);
        let cases: [Case<'_>; 14] = [
            (&["a"], &[], &[], "each variant has a name and a number"),
            (&["a"], &[at(127)], &[], "an index must be below 127, which is the envelope's"),
            (&["__traced"], &[at(1)], &[], "`__traced` is the envelope's name"),
            (&["a", "b"], &[at(1), at(1)], &[], "two variants have the same index"),
            (&["a", "a"], &[at(0), at(1)], &[], "two variants have the same name"),
            (&["a"], &[at(0)], &[old], "a retired shape needs a name or an index"),
            (&["a"], &[at(0)], &[old.at(127)], "an index must be below 127, which is the envelope's"),
            (&["a"], &[at(0)], &[old.named("__traced")], "`__traced` is the envelope's name"),
            (&["a"], &[at(0)], &[old.at(0)], "the index of a retired shape is used again"),
            (&["a"], &[at(0)], &[old.named("a")], "the name of a retired shape is used again"),
            (&["a"], &[at(0)], &[old.at(1), old.at(1)], "two retired shapes have the same index"),
            (&["a"], &[at(0)], &[old.named("b"), old.named("b")], "two retired shapes have the same name"),
            (&["a"], &[at(0)], &[old.at(1).since(1)], "a retired shape was there before it was gone"),
            (&["a"], &[at(0)], &[old.at(1).until(2), old.at(2)], "retired shapes stand the oldest first"),
        ];
        for (names, today, retired, reason) in cases {
            assert_eq!(refusal(names, today, retired).as_deref(), Some(reason));
        }
        let retired = [old.at(1).named("c"), old.at(2).since(1).until(2)];
        assert_eq!(refusal(&["a", "b", "c"], &[at(0), at(3), CurrentVariant::SKIPPED], &retired), None);
        assert_eq!(schema(&[at(0).since(2)], &[old.until(3), old]), 3);
    }
}
