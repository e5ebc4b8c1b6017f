//! Compares a record with the current protocol.

use serde::Serialize;
use serde::de::DeserializeOwned;

use super::file::Record;
use super::shape;
use crate::Codec;

/// The current protocol, as far as its samples show it.
pub(super) struct CurrentBytes<'a> {
    pub(super) samples: &'a [Record],
    pub(super) upgrades: &'a [(String, String)],
}

/// Returns the name and number of the variant from the beginning of a shape: `Join#0{…}`.
fn tag(shape: &str) -> Option<(&str, &str)> {
    let (name, rest) = shape.split_once('#')?;
    let end = rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(rest.len());
    Some((name, &rest[..end]))
}

impl CurrentBytes<'_> {
    /// Returns an error if a node that wrote `record`, and reads what it would write today, would break.
    ///
    /// `current` is true if the record belongs to the version in development.
    pub(super) fn compare<C: Codec, M>(&self, codec: &C, record: &Record, current: bool) -> Result<(), String>
    where
        M: Serialize + DeserializeOwned,
    {
        let read = codec.decode::<M>(&record.bytes);
        let message =
            read.map_err(|error| format!("{}: {error}", self.reason(&record.shape)))?.into_message();
        let shape = shape::of(&message);
        if let (Some(was), Some(is)) = (tag(&record.shape), tag(&shape))
            && was != is
        {
            return self.compare_tags::<C>(was, is, &record.shape);
        }
        let skips_fields = C::NAMED && C::SELF_DESCRIBING;
        let covered = if skips_fields { shape::covers(&record.shape, &shape) } else { record.shape == shape };
        if !covered {
            return Err(format!("retyped: was {}, is {shape} now", record.shape));
        }
        let written = codec.write(&message).map_err(|error| error.to_string())?;
        if record.shape == shape && written != record.bytes {
            return Err(format!("{shape} is now written with different bytes"));
        }
        let sample = self.samples.iter().find(|sample| sample.sample == record.sample);
        if current && sample.is_some_and(|sample| sample.bytes != record.bytes) {
            return Err(
                "the sample has another value than its record; delete the line if no node ever ran it".into(),
            );
        }
        Ok(())
    }

    /// Handles a record that is read as another variant.
    fn compare_tags<C: Codec>(&self, was: (&str, &str), is: (&str, &str), shape: &str) -> Result<(), String> {
        let by_number = !C::SELF_DESCRIBING;
        if was.1 == is.1 {
            // The same number with two names.
            return Err(format!("{}: it is read as `{}`", self.reason(shape), is.0));
        }
        if was.0 == is.0 {
            // The variant has moved. By number, only a retired shape can read it.
            return Ok(());
        }
        if self.upgrades.iter().any(|(from, to)| from == was.0 && to == is.0) {
            return Ok(());
        }
        let by = if by_number { "number" } else { "name" };
        Err(format!(
            "by its {by}, variant `{}` is read as `{}` now; if a `legacy(…)` says so, say `upgrades(\"{}\", \"{}\")`",
            was.0, is.0, was.0, is.0
        ))
    }

    /// Returns what happened to the variant of this recorded shape, as far as the samples show.
    fn reason(&self, shape: &str) -> String {
        let Some((name, number)) = tag(shape) else { return format!("{shape} can no longer be read") };
        let find = |wanted: fn(&(&str, &str)) -> String, value: &str| {
            self.samples.iter().filter_map(|sample| tag(&sample.shape)).find(|found| wanted(found) == value)
        };
        let same_name = find(|found| found.0.to_owned(), name);
        let same_number = find(|found| found.1.to_owned(), number);
        match (same_name, same_number) {
            (Some((_, now)), _) if now != number => {
                format!("reordered: variant `{name}` had number {number} and has {now} now")
            }
            (Some(_), _) => format!("retyped: variant `{name}` was {shape}"),
            (None, Some((now, _))) => {
                format!("renamed, or its number used again: number {number} was `{name}` and is `{now}` now")
            }
            (None, None) => format!("removed: variant `{name}`, number {number}"),
        }
    }
}
