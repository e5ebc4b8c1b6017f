//! `http::HeaderMap` as a carrier: hyper, axum, reqwest, and tonic through `MetadataMap::into_headers`.

use http::header::GetAll;
use http::{HeaderMap, HeaderName, HeaderValue};

use super::{ReadCarrier, Single, WriteCarrier, has_prefix, trim};

impl ReadCarrier for HeaderMap {
    fn visit_values<'a>(&'a self, name: &str, visit: &mut dyn FnMut(&'a [u8])) {
        for value in all(self, name) {
            visit(value.as_bytes());
        }
    }

    fn visit_names<'a>(&'a self, visit: &mut dyn FnMut(&'a str)) {
        for name in self.keys() {
            visit(name.as_str());
        }
    }

    /// Reads it without a visitor, for it is asked for in every request.
    fn single(&self, name: &str) -> Single<'_> {
        let value = match known(name) {
            Some(name) => self.get(name),
            None => self.get(name),
        };
        match value {
            None => Single::None,
            // Most requests have no header twice.
            Some(_) if self.len() > self.keys_len() && all(self, name).iter().nth(1).is_some() => {
                Single::Several
            }
            Some(value) => Single::One(trim(value.as_bytes())),
        }
    }
}

#[inline]
fn all<'a>(headers: &'a HeaderMap, name: &str) -> GetAll<'a, HeaderValue> {
    match known(name) {
        Some(name) => headers.get_all(name),
        None => headers.get_all(name),
    }
}

/// Returns the name of one of W3C's headers, which are looked for in every request, as one that needs no parsing.
fn known(name: &str) -> Option<&'static HeaderName> {
    static TRACEPARENT: HeaderName = HeaderName::from_static("traceparent");
    static TRACESTATE: HeaderName = HeaderName::from_static("tracestate");
    static BAGGAGE: HeaderName = HeaderName::from_static("baggage");
    match name {
        "traceparent" => Some(&TRACEPARENT),
        "tracestate" => Some(&TRACESTATE),
        "baggage" => Some(&BAGGAGE),
        _ => None,
    }
}

impl WriteCarrier for HeaderMap {
    fn set(&mut self, name: &str, value: &str) {
        let parsed = (HeaderName::from_bytes(name.as_bytes()), HeaderValue::from_str(value));
        if let (Ok(name), Ok(value)) = parsed {
            // Fails only for more than the 32,768 names that a map can hold.
            let _ = self.try_insert(name, value);
        }
    }

    fn unset(&mut self, name: &str) {
        HeaderMap::remove(self, name);
    }

    fn unset_prefix(&mut self, prefix: &str) {
        let names: Vec<_> = self.keys().filter(|name| has_prefix(name.as_str(), prefix)).cloned().collect();
        for name in names {
            HeaderMap::remove(self, name);
        }
    }
}
