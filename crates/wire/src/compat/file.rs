//! The files with records. Each sample has a line: `name = bytes in hex | shape`.

use std::fmt::Write as _;
use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

/// The record of a sample.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Record {
    pub(super) sample: String,
    pub(super) bytes: Vec<u8>,
    pub(super) shape: String,
}

const HEAD: &str = "# Recorded by traced_actor_wire::compat; do not edit a line, only delete it.\n";

/// Returns the path `<directory>/<version>/<codec>.txt`.
pub(super) fn path(directory: &Path, version: &str, codec: &str) -> PathBuf {
    let name: String =
        codec.chars().map(|c| if c.is_ascii_alphanumeric() { c.to_ascii_lowercase() } else { '-' }).collect();
    directory.join(version).join(format!("{name}.txt"))
}

/// Returns the recorded versions, sorted by name.
pub(super) fn versions(directory: &Path) -> Result<Vec<String>, String> {
    let failed = |error: std::io::Error| format!("{}: {error}", directory.display());
    let entries = match fs::read_dir(directory) {
        Ok(entries) => entries,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(failed(error)),
    };
    let mut versions = Vec::new();
    for entry in entries {
        let entry = entry.map_err(failed)?;
        if entry.path().is_dir() {
            versions.push(entry.file_name().to_string_lossy().into_owned());
        }
    }
    versions.sort();
    Ok(versions)
}

/// Returns the records in a file, or none if the file is missing.
pub(super) fn read(path: &Path) -> Result<Vec<Record>, String> {
    let text = match fs::read_to_string(path) {
        Ok(text) => text,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(format!("{}: {error}", path.display())),
    };
    let lines = text.lines().enumerate().filter(|(_, line)| !line.is_empty() && !line.starts_with('#'));
    lines
        .map(|(i, line)| {
            parse(line).ok_or_else(|| {
                format!("{}:{}: not a record; expected `name = bytes in hex | shape`", path.display(), i + 1)
            })
        })
        .collect()
}

fn parse(line: &str) -> Option<Record> {
    let (sample, rest) = line.split_once(" = ")?;
    let (hex, shape) = rest.split_once(" | ")?;
    let digits = hex.as_bytes().chunks(2).map(|pair| {
        let pair = std::str::from_utf8(pair).ok().filter(|pair| pair.len() == 2)?;
        u8::from_str_radix(pair, 16).ok()
    });
    Some(Record { sample: sample.to_owned(), bytes: digits.collect::<Option<_>>()?, shape: shape.to_owned() })
}

/// Appends records to a file, and creates the file if it is missing.
pub(super) fn append(path: &Path, records: &[&Record]) -> Result<(), String> {
    let failed = |error: std::io::Error| format!("{}: {error}", path.display());
    let mut text = match fs::read_to_string(path) {
        Ok(text) => text,
        Err(error) if error.kind() == ErrorKind::NotFound => HEAD.to_owned(),
        Err(error) => return Err(failed(error)),
    };
    for Record { sample, bytes, shape } in records {
        let hex = bytes.iter().fold(String::new(), |mut hex, byte| {
            let _ = write!(hex, "{byte:02x}");
            hex
        });
        let _ = writeln!(text, "{sample} = {hex} | {shape}");
    }
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder).map_err(failed)?;
    }
    fs::write(path, text).map_err(failed)
}
