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
        if self.len() <= FEW
            && let Some(name) = known(name)
        {
            return only_of(self, name);
        }
        let found = match known(name) {
            Some(name) => self.get(name),
            None => self.get(name),
        };
        // Where each name has one value, as in most requests, there is no second one to look for.
        if self.len() == self.keys_len() { only(found.into_iter()) } else { only(all(self, name).iter()) }
    }
}

/// The number of headers up to which it takes less time to compare each name than to hash the wanted one.
const FEW: usize = 8;

/// Returns the only value of this header, by comparing all names.
fn only_of<'a>(headers: &'a HeaderMap, name: &HeaderName) -> Single<'a> {
    let mut found = Single::None;
    for (other, value) in headers {
        if other == name {
            if found != Single::None {
                return Single::Several;
            }
            found = Single::One(trim(value.as_bytes()));
        }
    }
    found
}

fn only<'a>(mut values: impl Iterator<Item = &'a HeaderValue>) -> Single<'a> {
    match (values.next(), values.next()) {
        (None, _) => Single::None,
        (Some(value), None) => Single::One(trim(value.as_bytes())),
        (Some(_), Some(_)) => Single::Several,
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_header_is_found_among_few_and_among_many() {
        for others in [0, FEW, 50] {
            let mut headers = HeaderMap::new();
            for at in 0..others {
                headers.insert(
                    HeaderName::from_bytes(format!("x-{at}").as_bytes()).unwrap(),
                    "1".parse().unwrap(),
                );
            }
            for name in ["traceparent", "x-capture"] {
                assert_eq!(headers.single(name), Single::None, "{name} among {others}");
                headers.insert(name, " a ".parse().unwrap());
                assert_eq!(headers.single(name), Single::One(b"a"), "{name} among {others}");
                headers.append("x-0", "2".parse().unwrap());
                assert_eq!(headers.single(name), Single::One(b"a"), "{name} among {others}");
                headers.append(name, "b".parse().unwrap());
                assert_eq!(headers.single(name), Single::Several, "{name} among {others}");
            }
        }
    }
}
