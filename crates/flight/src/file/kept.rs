//! Writes kept spans to a file, as lines of OTLP JSON.

use std::ffi::OsString;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;

use traced_actor::record::{FinishedSpan, OwnedAttribute};

use super::super::collector::Progress;
use super::super::finished::finished;
use super::super::otlp::OtlpResource;
use super::super::taken::{Sink, Taken};
use super::json;

/// The maximum number of spans in a line.
const MOST_OF_LINE: usize = 512;

/// A file to which the spans of each round are appended.
pub(crate) struct KeptFile {
    path: PathBuf,
    file: File,
    /// The length of the file, and the length from which a new file begins.
    len: u64,
    most: u64,
    resource: Vec<(String, OwnedAttribute)>,
    scope: String,
    spans: Vec<FinishedSpan>,
    progress: Arc<Progress>,
}

fn open(path: &Path) -> io::Result<File> {
    OpenOptions::new().create(true).append(true).open(path)
}

impl KeptFile {
    pub(crate) fn open(
        path: PathBuf,
        most: u64,
        resource: &OtlpResource,
        progress: Arc<Progress>,
    ) -> io::Result<Self> {
        let file = open(&path)?;
        let len = file.metadata()?.len();
        let owned = |(name, value): &(String, String)| (name.clone(), OwnedAttribute::Str(value.clone()));
        let resource_attributes = resource.attributes.iter().map(owned).collect();
        let scope = resource.scope.clone();
        Ok(Self { path, file, len, most, resource: resource_attributes, scope, spans: Vec::new(), progress })
    }

    fn write(&mut self) {
        let spans = std::mem::take(&mut self.spans);
        let resource = self.resource.iter().map(|(name, value)| (&**name, value));
        let mut line = json::request(resource, &self.scope, spans.iter().map(|span| (span, false)));
        line.push('\n');
        if self.append(line.as_bytes()).is_err() {
            self.progress.unwritten.fetch_add(spans.len() as u64, Relaxed);
        }
        self.spans = spans;
        self.spans.clear();
    }

    /// Appends a line, to a new file if there is no room in this one.
    fn append(&mut self, line: &[u8]) -> io::Result<()> {
        let len = line.len() as u64;
        if self.len > 0 && self.len.saturating_add(len) > self.most {
            let mut before: OsString = self.path.clone().into();
            before.push(".1");
            fs::rename(&self.path, before)?;
            self.file = open(&self.path)?;
            self.len = self.file.metadata()?.len();
        }
        self.len += len;
        self.file.write_all(line)
    }
}

impl Sink for KeptFile {
    fn take(&mut self, span: &Taken<'_>) {
        self.spans.push(finished(span));
        if self.spans.len() >= MOST_OF_LINE {
            self.write();
        }
    }

    fn end_round(&mut self, _: bool) {
        if !self.spans.is_empty() {
            self.write();
        }
    }
}
