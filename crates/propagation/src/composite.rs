//! Several formats, in the order given by the user.

use std::fmt;
use std::sync::{Arc, LazyLock};

use super::parsed::{Outgoing, ParsedContext};
use super::{ParseError, b3, baggage, jaeger, traceparent, tracestate, xray};
use crate::carrier::{ReadCarrier, Single, WriteCarrier};
use traced_actor::context::ContextState;
use traced_actor::sampling::Kind;
use traced_actor::{Envelope, Message};

/// A format of headers. The names are those of [`OTEL_PROPAGATORS`][spec].
///
/// [spec]: https://opentelemetry.io/docs/specs/otel/configuration/sdk-environment-variables/#general-sdk-configuration
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Format {
    /// `tracecontext`: [`traceparent`] and [`tracestate`].
    TraceContext,
    /// `baggage`: [`baggage`].
    Baggage,
    /// `b3`: writes the single header of [`b3`]. Reads both forms, the single header first.
    B3,
    /// `b3multi`: writes the multiple headers of [`b3`]. Reads both forms, the single header first.
    B3Multi,
    /// `jaeger`: [`jaeger`] with its baggage.
    Jaeger,
    /// `xray`: [`xray`].
    XRay,
}

impl Format {
    /// Every format, with its name.
    const NAMES: [(&'static str, Self); 6] = [
        ("tracecontext", Self::TraceContext),
        ("baggage", Self::Baggage),
        ("b3", Self::B3),
        ("b3multi", Self::B3Multi),
        ("jaeger", Self::Jaeger),
        ("xray", Self::XRay),
    ];

    /// Returns the names of the headers that the format writes.
    pub const fn headers(self) -> &'static [&'static str] {
        match self {
            Self::TraceContext => &[traceparent::HEADER, tracestate::HEADER],
            Self::Baggage => &[baggage::HEADER],
            Self::B3 => &[b3::HEADER],
            Self::B3Multi => &b3::MULTI,
            Self::Jaeger => &[jaeger::HEADER],
            Self::XRay => &[xray::HEADER],
        }
    }

    /// Removes what the format reads and does not write, except for `written`.
    ///
    /// A reader would take it for a part of the context that is written, or prefer it.
    fn clear_others(self, written: &[Self], carrier: &mut dyn WriteCarrier) {
        match self {
            Self::B3 if !written.contains(&Self::B3Multi) => {
                for header in b3::MULTI {
                    carrier.unset(header);
                }
            }
            Self::B3Multi if !written.contains(&Self::B3) => carrier.unset(b3::HEADER),
            Self::Jaeger => {
                carrier.unset(jaeger::BAGGAGE);
                carrier.unset_prefix(jaeger::BAGGAGE_PREFIX);
            }
            _ => {}
        }
    }

    /// Reads the context of a carrier. Returns `None` if its headers are missing. Baggage never has a context.
    ///
    /// If `all` is true, the `tracestate` of an unsampled context is read, too.
    fn read(self, carrier: &dyn ReadCarrier, all: bool) -> Result<Option<ParsedContext<'_>>, ParseError> {
        match self {
            Self::TraceContext => ParsedContext::w3c(carrier.single(traceparent::HEADER), carrier, all),
            Self::Baggage => Ok(None),
            Self::B3 | Self::B3Multi => match b3::read(carrier) {
                Ok(Some(found)) => Ok(Some(found)),
                Ok(None) => b3::read_multi(carrier),
                // The other form is used if this one is malformed.
                Err(error) => b3::read_multi(carrier)?.map(Some).ok_or(error),
            },
            Self::Jaeger => jaeger::read(carrier),
            Self::XRay => xray::read(carrier),
        }
    }

    fn write(self, outgoing: &Outgoing<'_>, carrier: &mut dyn WriteCarrier) {
        match self {
            Self::TraceContext => outgoing.write_w3c(carrier),
            Self::Baggage => match outgoing.baggage {
                Some(list) => carrier.set(baggage::HEADER, list),
                None => carrier.unset(baggage::HEADER),
            },
            Self::B3 => b3::write(outgoing, carrier),
            Self::B3Multi => b3::write_multi(outgoing, carrier),
            Self::Jaeger => jaeger::write(outgoing, carrier),
            Self::XRay => xray::write(outgoing, carrier),
        }
    }
}

/// Several formats. Writes all of them, and reads the first one with a valid context.
///
/// The order decides which format is used if several are present. A format with malformed headers counts as absent, and
/// the next one is read. Baggage is read independently of the context.
///
/// ```
/// use traced_actor::context::ContextState;
/// use traced_actor_propagation::{CompositePropagator, Format};
///
/// let formats = CompositePropagator::new([Format::TraceContext, Format::B3]);
/// let mut headers: Vec<(String, String)> = Vec::new();
/// formats.inject_context(ContextState::Unsampled, &mut headers);
/// assert_eq!(headers[0].0, "traceparent");
/// assert!(headers[0].1.ends_with("-02")); // not sampled; the id is random
/// assert_eq!(headers[1].0, "b3");
/// ```
///
/// A clone costs a reference count, and so does the default.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CompositePropagator {
    formats: Arc<[Format]>,
}

/// Creates `tracecontext,baggage`, like OpenTelemetry.
impl Default for CompositePropagator {
    fn default() -> Self {
        static DEFAULT: LazyLock<CompositePropagator> =
            LazyLock::new(|| CompositePropagator::new([Format::TraceContext, Format::Baggage]));
        DEFAULT.clone()
    }
}

/// The result of [`CompositePropagator::extract`].
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Incoming<'a> {
    /// The first valid context and its format.
    pub found: Option<(Format, ParsedContext<'a>)>,
    /// The first malformed context that was read before it.
    pub error: Option<(Format, ParseError)>,
}

impl CompositePropagator {
    /// Creates a composite of these formats, in this order. Repeated formats count once.
    pub fn new(formats: impl IntoIterator<Item = Format>) -> Self {
        let mut unique = Vec::new();
        for format in formats {
            if !unique.contains(&format) {
                unique.push(format);
            }
        }
        Self { formats: unique.into() }
    }

    /// Creates a composite of the formats in `OTEL_PROPAGATORS`, or of the default formats if it is not set.
    ///
    /// # Errors
    ///
    /// Returns an error if the variable names a format that does not exist.
    pub fn from_env() -> Result<Self, PropagatorError> {
        let value = std::env::var_os("OTEL_PROPAGATORS").map(|value| value.to_string_lossy().into_owned());
        Self::parse(value.as_deref())
    }

    /// Parses a value of `OTEL_PROPAGATORS`: a list separated by commas, or `none`.
    ///
    /// # Errors
    ///
    /// Returns an error if the value names a format that does not exist.
    ///
    /// ```
    /// use traced_actor_propagation::{CompositePropagator, Format};
    ///
    /// assert_eq!(CompositePropagator::parse(Some("b3, baggage"))?, CompositePropagator::new([Format::B3, Format::Baggage]));
    /// let error = CompositePropagator::parse(Some("b4")).unwrap_err().to_string();
    /// assert!(error.starts_with("OTEL_PROPAGATORS has `b4`: write "));
    /// # Ok::<(), traced_actor_propagation::PropagatorError>(())
    /// ```
    pub fn parse(value: Option<&str>) -> Result<Self, PropagatorError> {
        let names = || value.unwrap_or_default().split(',').map(str::trim).filter(|name| !name.is_empty());
        if names().next().is_none() {
            return Ok(Self::default());
        }
        if names().eq(["none"]) {
            return Ok(Self::new([]));
        }
        let format = |name: &str| {
            let known = Format::NAMES.iter().find(|(known, _)| *known == name);
            known.map(|(_, format)| *format).ok_or_else(|| PropagatorError { name: name.to_owned() })
        };
        Ok(Self::new(names().map(format).collect::<Result<Vec<_>, _>>()?))
    }

    /// Returns the formats in their order.
    pub fn formats(&self) -> &[Format] {
        &self.formats
    }

    /// Extracts the first valid context from the carrier.
    ///
    /// The carrier searches for each header. A `tracestate` is copied only if it has several headers or spaces.
    pub fn extract<'a>(&self, carrier: &'a dyn ReadCarrier) -> Incoming<'a> {
        self.extract_with(carrier, None, true)
    }

    /// Extracts the first valid context. If `all` is true, it includes the `tracestate` of an unsampled context.
    ///
    /// `traceparent` is that of the carrier, if the caller has looked for it.
    pub(crate) fn extract_with<'a>(
        &self,
        carrier: &'a dyn ReadCarrier,
        traceparent: Option<Single<'a>>,
        all: bool,
    ) -> Incoming<'a> {
        let mut error = None;
        for &format in &*self.formats {
            let read = match traceparent {
                Some(traceparent) if format == Format::TraceContext => {
                    ParsedContext::w3c(traceparent, carrier, all)
                }
                _ => format.read(carrier, all),
            };
            match read {
                Ok(None) => {}
                Ok(Some(found)) => return Incoming { found: Some((format, found)), error },
                Err(found) => error = error.or(Some((format, found))),
            }
        }
        Incoming { found: None, error }
    }

    /// Extracts the baggage from the first format that has some, as a list in the form of W3C's header.
    pub fn extract_baggage(&self, carrier: &dyn ReadCarrier) -> Option<String> {
        self.formats.iter().find_map(|format| match format {
            Format::Baggage => baggage::read(carrier),
            Format::Jaeger => jaeger::read_baggage(carrier),
            _ => None,
        })
    }

    /// Injects the context of a message with this state in every format, and removes any previous context.
    ///
    /// An unsampled context gets new ids, because the formats cannot mark a request as unsampled without ids. An absent
    /// context only removes the previous one.
    pub fn inject_context(&self, state: ContextState<'_>, carrier: &mut dyn WriteCarrier) {
        match state {
            ContextState::Sampled(context) => {
                self.inject_outgoing(&Outgoing::sampled(context).provisional(), carrier);
            }
            ContextState::Unsampled => self.inject_outgoing(&Outgoing::unsampled(), carrier),
            ContextState::Absent => {
                self.clear_others(carrier);
                let headers = self.formats.iter().flat_map(|format| format.headers());
                headers.for_each(|header| carrier.unset(header));
            }
        }
    }

    /// Injects this context in every format, and removes any previous context.
    pub fn inject_outgoing(&self, outgoing: &Outgoing<'_>, carrier: &mut dyn WriteCarrier) {
        self.clear_others(carrier);
        self.formats.iter().for_each(|format| format.write(outgoing, carrier));
    }

    fn clear_others(&self, carrier: &mut dyn WriteCarrier) {
        self.formats.iter().for_each(|format| format.clear_others(&self.formats, carrier));
    }

    /// Injects only baggage, for a request without a context.
    pub fn inject_baggage(&self, list: Option<&str>, carrier: &mut dyn WriteCarrier) {
        let Some(list) = list else { return };
        for format in &*self.formats {
            match format {
                Format::Baggage => carrier.set(baggage::HEADER, list),
                Format::Jaeger => jaeger::write_baggage(list, carrier),
                _ => {}
            }
        }
    }

    /// Injects the context that a message sent by this thread would have now.
    ///
    /// Within a fan-out it counts as one send. While nothing is sampled, it costs only new ids.
    pub fn inject(&self, carrier: &mut dyn WriteCarrier) {
        self.inject_context(Envelope::capture_unobserved(Request).state(), carrier);
    }
}

/// The message that stands for a request in a capture.
struct Request;

impl Message for Request {
    fn kind(&self) -> &'static Kind {
        static REQUEST: Kind = Kind::new("request");
        &REQUEST
    }
}

/// The error for an unknown format in `OTEL_PROPAGATORS`. Its text lists the known ones.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PropagatorError {
    name: String,
}

impl fmt::Display for PropagatorError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "OTEL_PROPAGATORS has `{}`: write none, or a list of ", self.name.escape_debug())?;
        for (i, (name, _)) in Format::NAMES.iter().enumerate() {
            write!(f, "{}{name}", if i == 0 { "" } else { ", " })?;
        }
        Ok(())
    }
}

impl std::error::Error for PropagatorError {}
