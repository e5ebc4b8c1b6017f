//! OTLP: encodes spans as the bytes that a collector accepts.

mod encoder;
#[cfg(feature = "otlp-http")]
mod http;
mod proto;
mod resource;

use std::time::{Duration, Instant};

use self::encoder::Encoder;
pub(crate) use self::encoder::kind_number;
#[cfg(feature = "otlp-http")]
#[cfg_attr(docsrs, doc(cfg(feature = "otlp-http")))]
pub use self::http::{OtlpCounts, OtlpHttp, OtlpSender};
pub use self::resource::OtlpResource;
use super::taken::{Sink, Taken};

/// The number of bytes at which a batch is passed on immediately.
const BATCH_BYTES: usize = 512 << 10;
/// The time for which a span waits for others.
const BATCH_TIME: Duration = Duration::from_secs(1);

/// Spans as an OTLP `ExportTraceServiceRequest` in protobuf: the body of a request to `/v1/traces`.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct OtlpBatch {
    /// The encoded request.
    pub bytes: Vec<u8>,
    /// The number of spans in it.
    pub spans: u64,
}

/// Passes batches to a function.
pub(crate) struct Otlp<F> {
    encoder: Encoder,
    export: F,
    spans: u64,
    since: Option<Instant>,
}

impl<F: FnMut(OtlpBatch) + Send> Otlp<F> {
    pub(crate) fn new(resource: &OtlpResource, export: F) -> Self {
        Self { encoder: Encoder::new(resource), export, spans: 0, since: None }
    }

    fn hand_on(&mut self) {
        self.since = None;
        let spans = std::mem::take(&mut self.spans);
        (self.export)(OtlpBatch { bytes: self.encoder.take_request(), spans });
    }
}

impl<F: FnMut(OtlpBatch) + Send> Sink for Otlp<F> {
    fn take(&mut self, span: &Taken<'_>) {
        self.encoder.push(span);
        self.spans += 1;
        if self.encoder.len() >= BATCH_BYTES {
            self.hand_on();
        }
    }

    fn end_round(&mut self, is_flush: bool) {
        if self.spans > 0 {
            let since = *self.since.get_or_insert_with(Instant::now);
            if is_flush || since.elapsed() >= BATCH_TIME {
                self.hand_on();
            }
        }
    }
}
