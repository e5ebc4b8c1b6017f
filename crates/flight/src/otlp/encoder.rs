//! Encodes spans as OTLP bytes, without an intermediate structure.
//!
//! The part that all spans of an operation have in common is encoded once, and then copied.

use traced_actor::context::{SpanKind, TraceContext};
use traced_actor::record::Attribute;

use super::super::attributes;
use super::super::span::{SpanRecord, Value};
use super::super::table::{Operation, Type};
use super::super::taken::Taken;
use super::proto::{
    Key, bytes_field, fixed32_field, fixed64_field, push_attribute, push_bytes, push_number, push_text,
    push_varint, varint_field, varint_len,
};
use super::resource::OtlpResource;

/// Fields of a `Span`.
mod span {
    use super::{bytes_field, fixed64_field, varint_field};

    pub(super) const TRACE_ID: u8 = bytes_field(1);
    pub(super) const SPAN_ID: u8 = bytes_field(2);
    pub(super) const TRACE_STATE: u8 = bytes_field(3);
    pub(super) const PARENT_SPAN_ID: u8 = bytes_field(4);
    pub(super) const NAME: u8 = bytes_field(5);
    pub(super) const KIND: u8 = varint_field(6);
    pub(super) const START: u8 = fixed64_field(7);
    pub(super) const END: u8 = fixed64_field(8);
    pub(super) const ATTRIBUTES: u8 = bytes_field(9);
    pub(super) const DROPPED_ATTRIBUTES: u8 = varint_field(10);
    pub(super) const EVENTS: u8 = bytes_field(11);
    pub(super) const DROPPED_EVENTS: u8 = varint_field(12);
    pub(super) const LINKS: u8 = bytes_field(13);
    pub(super) const DROPPED_LINKS: u8 = varint_field(14);
    pub(super) const STATUS: u8 = bytes_field(15);
    /// Field 16, with a fixed length of 4 bytes.
    pub(super) const FLAGS: [u8; 2] = [0x85, 0x01];
}

/// The flag that tells that a context is known to come from another process.
const KNOWS_REMOTE: u32 = 0x100;
const IS_REMOTE: u32 = 0x200;
/// `STATUS_CODE_ERROR`.
const ERROR: u64 = 2;

/// Encodes spans.
pub(super) struct Encoder {
    resource: Vec<u8>,
    scope: Vec<u8>,
    templates: Vec<Option<Template>>,
    /// The values of `sampling.reason` as encoded attributes, by the number of their name.
    reasons: Vec<Option<Vec<u8>>>,
    part: Vec<u8>,
    /// The number of bytes before the spans: the resource and the scope, with lengths of three bytes.
    before: usize,
    /// The batch so far.
    request: Vec<u8>,
}

/// The numbers that take three bytes, as the lengths of almost all batches do.
const THREE_BYTES: std::ops::Range<usize> = 1 << 14..1 << 21;
/// The numbers that take two bytes, as the lengths of almost all spans do.
const TWO_BYTES: std::ops::Range<usize> = 1 << 7..1 << 14;

/// Sets the length of a field that begins at `at` and goes to the end. Two bytes are reserved for the length.
fn set_len(to: &mut Vec<u8>, at: usize) {
    let len = to.len() - at - 3;
    if TWO_BYTES.contains(&len) {
        to[at + 1..at + 3].copy_from_slice(&varint_of::<2>(len));
    } else {
        let (field, bytes) = (to[at], to.split_off(at + 3));
        to.truncate(at);
        push_bytes(to, field, &bytes);
    }
}

/// Returns a number as a varint of so many bytes.
#[expect(clippy::cast_possible_truncation, reason = "seven bits at a time")]
fn varint_of<const N: usize>(number: usize) -> [u8; N] {
    std::array::from_fn(|at| (number >> (7 * at)) as u8 & 0x7f | if at + 1 < N { 0x80 } else { 0 })
}

/// The encoded parts that the spans of an operation have in common.
struct Template {
    /// The name and the kind.
    name: Vec<u8>,
    kind: [u8; 2],
    /// The attributes at the start of a message's span, without those that only some messages have.
    attributes: Vec<u8>,
    /// The fields, by their index in the operation.
    fields: Vec<Option<NamedKey>>,
    keys: Keys,
    last: Option<Beginning>,
}

/// The beginning of the last ordinary span of an operation, up to its reason. That of the next one differs in a few
/// places.
struct Beginning {
    shape: Shape,
    bytes: Vec<u8>,
    places: Places,
}

/// The parts of an ordinary span's beginning. Two beginnings of the same shape differ only in their [`Places`].
#[derive(Clone, Copy, PartialEq, Eq)]
struct Shape {
    has_parent: bool,
    has_wait: bool,
    /// The number of the reason, if the sampler kept the span.
    reason: Option<u32>,
}

/// The positions of values in the beginning of a span.
#[derive(Clone, Copy, Default)]
struct Places {
    /// The position of the times, with their tags.
    times: usize,
    /// The position of the wait.
    wait: usize,
}

/// The positions of the ids in the beginning of an ordinary span, after its tag and its length.
mod place_of {
    use std::ops::Range;

    pub(super) const TRACE: Range<usize> = 5..21;
    pub(super) const SPAN: Range<usize> = 23..31;
    pub(super) const PARENT: Range<usize> = 33..41;
}

impl Shape {
    /// Returns the shape of a span, or `None` if its beginning has parts that only some spans have.
    fn of(record: &SpanRecord) -> Option<Self> {
        let is_ordinary = record.operation.is_message
            && record.batch.is_none()
            && record.instance.is_none()
            && record.name.is_none()
            && record.tracestate.is_none()
            && record.probability.is_none();
        let reason = record.context.is_sampled().then_some(record.reason);
        let (has_parent, has_wait) = (record.parent.is_some(), record.wait.is_some());
        is_ordinary.then_some(Self { has_parent, has_wait, reason })
    }
}

impl Beginning {
    /// Appends the beginning of a span of the same shape.
    #[inline]
    fn push(&self, to: &mut Vec<u8>, of: &Taken<'_>) {
        let at = to.len();
        to.extend_from_slice(&self.bytes);
        let to = &mut to[at..];
        let TraceContext { trace_id, span_id, .. } = of.record.context;
        to[place_of::TRACE].copy_from_slice(&trace_id.to_bytes());
        to[place_of::SPAN].copy_from_slice(&span_id.to_bytes());
        if let Some(parent) = of.record.parent {
            to[place_of::PARENT].copy_from_slice(&parent.to_bytes());
        }
        let Places { times, wait: at } = self.places;
        to[times..times + TIMES].copy_from_slice(&times_of(of));
        if let Some(wait) = of.record.wait {
            to[at..at + 8].copy_from_slice(&wait.as_secs_f64().to_le_bytes());
        }
    }
}

/// The number of bytes of both times, with their tags.
const TIMES: usize = 18;

/// Returns both times of a span as fields. Neither is 0, which would be left out.
#[inline]
fn times_of(of: &Taken<'_>) -> [u8; TIMES] {
    let mut times = [0; TIMES];
    (times[0], times[9]) = (span::START, span::END);
    times[1..9].copy_from_slice(&of.start.unix_nanos().to_le_bytes());
    times[10..].copy_from_slice(&of.end.unix_nanos().to_le_bytes());
    times
}

/// The keys of attributes, by name.
#[derive(Default)]
struct Keys(Vec<NamedKey>);

/// A key, and the last static text that it had, with the whole attribute.
struct NamedKey {
    name: &'static str,
    key: Key,
    text: &'static str,
    attribute: Vec<u8>,
}

impl NamedKey {
    fn new(name: &'static str) -> Self {
        Self { name, key: Key::new(span::ATTRIBUTES, name), text: "", attribute: Vec::new() }
    }

    /// Appends an attribute with a static text. Almost all of one name have the same text.
    #[inline]
    fn push_text(&mut self, to: &mut Vec<u8>, text: &'static str) {
        if !std::ptr::eq(self.text, text) || self.attribute.is_empty() {
            self.text = text;
            self.attribute.clear();
            let value = Attribute::Static(text);
            push_attribute(&mut self.attribute, span::ATTRIBUTES, &self.key, &value);
        }
        to.extend_from_slice(&self.attribute);
    }

    /// Appends an attribute.
    #[inline]
    fn push(&self, to: &mut Vec<u8>, value: &Attribute<'_>) {
        push_attribute(to, span::ATTRIBUTES, &self.key, value);
    }
}

impl Keys {
    /// Returns a key. `place` is its last index, which is still right if nothing has changed.
    #[inline]
    fn get(&mut self, name: &'static str, place: usize) -> &mut NamedKey {
        let is_there = self.0.get(place).is_some_and(|known| std::ptr::eq(known.name, name));
        let place = if is_there { place } else { self.find(name) };
        &mut self.0[place]
    }

    #[cold]
    fn find(&mut self, name: &'static str) -> usize {
        let known = self.0.iter().position(|known| known.name == name);
        known.unwrap_or_else(|| {
            self.0.push(NamedKey::new(name));
            self.0.len() - 1
        })
    }
}

impl Template {
    fn new(of: &Operation) -> Self {
        let (mut name, mut all) = (Vec::new(), Vec::new());
        let kind = [span::KIND, kind_number(of.span_kind)];
        push_text(&mut name, span::NAME, of.name);
        name.extend_from_slice(&kind);
        if of.is_message {
            attributes::visit_of_message(of, |name, value| {
                push_attribute(&mut all, span::ATTRIBUTES, &Key::new(span::ATTRIBUTES, name), &value);
            });
        }
        Self { name, kind, attributes: all, fields: Vec::new(), keys: Keys::default(), last: None }
    }
}

/// Returns OTLP's number of a kind of span.
pub(crate) fn kind_number(of: SpanKind) -> u8 {
    match of {
        SpanKind::Server => 2,
        SpanKind::Client => 3,
        SpanKind::Producer => 4,
        SpanKind::Consumer => 5,
        _ => 1,
    }
}

/// Returns the entry with this index, after making room for it.
#[inline]
fn place<T>(list: &mut Vec<Option<T>>, place: usize) -> &mut Option<T> {
    if place >= list.len() {
        list.resize_with(place + 1, || None);
    }
    &mut list[place]
}

fn flags(bits: u8, is_remote: bool) -> [u8; 4] {
    (u32::from(bits) | KNOWS_REMOTE | if is_remote { IS_REMOTE } else { 0 }).to_le_bytes()
}

impl Encoder {
    pub(super) fn new(resource: &OtlpResource) -> Self {
        let (mut attributes, mut scope) = (Vec::new(), Vec::new());
        for (name, value) in &resource.attributes {
            let key = Key::new(bytes_field(1), name);
            push_attribute(&mut attributes, bytes_field(1), &key, &Attribute::Str(value));
        }
        push_text(&mut scope, bytes_field(1), &resource.scope);
        let in_field_1 = |message: &[u8]| {
            let mut field = Vec::new();
            push_bytes(&mut field, bytes_field(1), message);
            field
        };
        let mut new = Self {
            resource: in_field_1(&attributes),
            scope: in_field_1(&scope),
            templates: Vec::new(),
            reasons: Vec::new(),
            part: Vec::new(),
            before: 0,
            request: Vec::new(),
        };
        new.begin();
        new
    }

    /// Begins a request. Its lengths are not known yet.
    fn begin(&mut self) {
        let to = &mut self.request;
        to.clear();
        to.extend_from_slice(&[bytes_field(1), 0, 0, 0]);
        to.extend_from_slice(&self.resource);
        to.extend_from_slice(&[bytes_field(2), 0, 0, 0]);
        to.extend_from_slice(&self.scope);
        self.before = to.len();
    }

    /// Returns the number of bytes of the spans so far.
    pub(super) fn len(&self) -> usize {
        self.request.len() - self.before
    }

    /// Returns the spans so far as an `ExportTraceServiceRequest`, and starts over.
    pub(super) fn take_request(&mut self) -> Vec<u8> {
        let of_scope = self.scope.len() + self.len();
        let of_resource = self.resource.len() + 1 + varint_len(of_scope as u64) + of_scope;
        if THREE_BYTES.contains(&of_scope) && THREE_BYTES.contains(&of_resource) {
            let next = Vec::with_capacity(self.request.len());
            let mut request = std::mem::replace(&mut self.request, next);
            let at = 4 + self.resource.len() + 1;
            request[1..4].copy_from_slice(&varint_of::<3>(of_resource));
            request[at..at + 3].copy_from_slice(&varint_of::<3>(of_scope));
            self.begin();
            return request;
        }
        let mut request = Vec::with_capacity(of_resource + 12);
        request.push(bytes_field(1));
        push_varint(&mut request, of_resource as u64);
        request.extend_from_slice(&self.resource);
        request.push(bytes_field(2));
        push_varint(&mut request, of_scope as u64);
        request.extend_from_slice(&self.scope);
        request.extend_from_slice(&self.request[self.before..]);
        self.begin();
        request
    }

    /// Appends a span.
    pub(super) fn push(&mut self, of: &Taken<'_>) {
        let Self { templates, reasons, part, request: to, .. } = self;
        let record = of.record;
        let number = record.operation.number as usize;
        let template = place(templates, number).get_or_insert_with(|| Template::new(record.operation));
        let at = to.len();
        let shape = Shape::of(record);
        match &template.last {
            Some(last) if Some(last.shape) == shape => last.push(to, of),
            _ => {
                let places = push_beginning(to, template, reasons, of);
                let bytes = || to[at..].to_vec();
                template.last = shape.map(|shape| Beginning { shape, bytes: bytes(), places });
            }
        }
        push_attributes(to, template, of);
        push_number(to, span::DROPPED_ATTRIBUTES, record.dropped.attributes.into());
        if !record.later.is_empty() {
            for event in of.events() {
                part.clear();
                part.push(fixed64_field(1));
                part.extend_from_slice(&event.at.unix_nanos().to_le_bytes());
                push_text(part, bytes_field(2), event.name);
                push_bytes(to, span::EVENTS, part);
            }
            push_number(to, span::DROPPED_EVENTS, record.dropped.events.into());
            for link in of.links() {
                part.clear();
                push_bytes(part, bytes_field(1), &link.context.trace_id.to_bytes());
                push_bytes(part, bytes_field(2), &link.context.span_id.to_bytes());
                part.push(fixed32_field(6));
                part.extend_from_slice(&flags(link.context.flags.bits(), link.is_remote));
                push_bytes(to, span::LINKS, part);
            }
            push_number(to, span::DROPPED_LINKS, record.dropped.links.into());
        }
        let [first, second, third, fourth] = flags(of.context().flags.bits(), record.has_remote_parent);
        let flags = [span::FLAGS[0], span::FLAGS[1], first, second, third, fourth];
        if let Some(error) = of.error() {
            part.clear();
            push_text(part, bytes_field(2), error.text.unwrap_or_default());
            push_number(part, varint_field(3), ERROR);
            push_bytes(to, span::STATUS, part);
            to.extend_from_slice(&flags);
        } else {
            let [first, second, third, fourth, fifth, sixth] = flags;
            to.extend_from_slice(&[span::STATUS, 0, first, second, third, fourth, fifth, sixth]);
        }
        set_len(to, at);
    }
}

/// Appends the beginning of a span, up to its reason.
fn push_beginning(
    to: &mut Vec<u8>,
    template: &mut Template,
    reasons: &mut Vec<Option<Vec<u8>>>,
    of: &Taken<'_>,
) -> Places {
    let (record, context, begin) = (of.record, of.context(), to.len());
    let mut places = Places::default();
    to.extend_from_slice(&[bytes_field(2), 0, 0]);
    push_bytes(to, span::TRACE_ID, &context.trace_id.to_bytes());
    push_bytes(to, span::SPAN_ID, &context.span_id.to_bytes());
    if let Some(tracestate) = of.tracestate() {
        push_text(to, span::TRACE_STATE, &tracestate);
    }
    if let Some(parent) = record.parent {
        push_bytes(to, span::PARENT_SPAN_ID, &parent.to_bytes());
    }
    if let Some(name) = of.dynamic_name() {
        push_text(to, span::NAME, name);
        to.extend_from_slice(&template.kind);
    } else {
        to.extend_from_slice(&template.name);
    }
    places.times = to.len() - begin;
    to.extend_from_slice(&times_of(of));
    let (keys, mut number) = (&mut template.keys, 0);
    let mut push = |to: &mut Vec<u8>, name, value: &Attribute<'_>| {
        keys.get(name, number).push(to, value);
        number += 1;
    };
    // Attributes that only a few spans have are between the others.
    if record.batch.is_some() || record.instance.is_some() {
        attributes::visit_start(record, |name, value| push(to, name, &value));
    } else if record.operation.is_message {
        to.extend_from_slice(&template.attributes);
        attributes::visit_wait(record, |name, value| push(to, name, &value));
    }
    // The value of the wait is the last one, if there is one.
    places.wait = to.len() - begin - 8;
    if record.context.is_sampled() {
        let reason = place(reasons, record.reason as usize).get_or_insert_with(|| {
            let mut encoded = Vec::new();
            NamedKey::new(attributes::REASON).push(&mut encoded, &Attribute::Static(of.name(record.reason)));
            encoded
        });
        to.extend_from_slice(reason);
    }
    places
}

/// Appends the attributes after the reason.
fn push_attributes(to: &mut Vec<u8>, template: &mut Template, of: &Taken<'_>) {
    let record = of.record;
    let (keys, mut number) = (&mut template.keys, 0);
    let mut push = |to: &mut Vec<u8>, name, value: Attribute<'_>| {
        let key = keys.get(name, number);
        match value {
            Attribute::Static(text) => key.push_text(to, text),
            value => key.push(to, &value),
        }
        number += 1;
    };
    attributes::visit_decision(record, |name, value| push(to, name, value));
    let mut values = record.values();
    for (at, key) in record.keys() {
        let field = place(&mut template.fields, at);
        let field = match field {
            Some(field) if std::ptr::eq(field.name, key.name) => field,
            // The operation was renamed, and had other fields before.
            _ => field.insert(NamedKey::new(key.name)),
        };
        match key.of {
            Type::Int => field.key.push_int(to, span::ATTRIBUTES, values.word()),
            Type::Name => field.push_text(to, of.name(values.name())),
            other => field.push(to, &of.attribute(&Value::read(&mut values, other))),
        }
    }
    of.later_attributes(|name, value| push(to, name, value));
}

#[cfg(test)]
mod tests {
    use super::*;

    fn field(number: u8, bytes: &[u8]) -> Vec<u8> {
        let mut to = Vec::new();
        push_bytes(&mut to, bytes_field(number), bytes);
        to
    }

    #[test]
    fn a_length_is_as_short_as_it_can_be() {
        for len in [0, 1, 127, 128, 300, 16_383, 16_384, 70_000] {
            let bytes = vec![7; len];
            let mut to = vec![1, 2, bytes_field(2), 0, 0];
            to.extend_from_slice(&bytes);
            set_len(&mut to, 2);
            assert!(to == [&[1, 2][..], &field(2, &bytes)].concat(), "{len}");
        }
    }

    #[test]
    fn a_request_of_any_length_is_what_its_parts_are() {
        let mut encoder = Encoder::new(&OtlpResource::new("guild"));
        let (resource, scope) = (encoder.resource.clone(), encoder.scope.clone());
        let lens = [0, 5, 127, 128, 16_300, 16_384, 16_500, 600_000, (1 << 21) - 60, 1 << 21, (1 << 21) + 9];
        for len in lens.into_iter().chain(16_300..16_400).chain((1 << 21) - 60..1 << 21) {
            let spans = vec![9; len];
            encoder.request.extend_from_slice(&spans);
            assert_eq!(encoder.len(), len);
            let of_resource = [resource.clone(), field(2, &[&scope, &spans[..]].concat())].concat();
            assert!(encoder.take_request() == field(1, &of_resource), "{len}");
            assert_eq!(encoder.len(), 0);
        }
    }
}
