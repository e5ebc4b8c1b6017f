//! Baggage as OpenTelemetry's, and back.

use std::sync::Arc;

use opentelemetry::Context;
use opentelemetry::baggage::{Baggage, BaggageExt};

use traced_actor_propagation::baggage::{List, members};

/// `cx` with the baggage of a message: a list as W3C's header has it. Without one, what `cx` has stays.
pub(super) fn with_baggage(cx: Context, list: Option<&str>) -> Context {
    let Some(list) = list else { return cx };
    let mut baggage = Baggage::new();
    for member in members(list) {
        // What is beyond OpenTelemetry's own bounds (64 members) is left out.
        let (key, value) = (member.key().to_owned(), member.value().into_owned());
        baggage.insert_with_metadata(key, value, member.properties());
    }
    cx.with_baggage(baggage)
}

/// The baggage of `cx` as a list, in the order of its keys; `None` where it has none.
pub(super) fn list(cx: &Context) -> Option<Arc<str>> {
    let baggage = cx.baggage();
    if baggage.is_empty() {
        return None;
    }
    let mut entries: Vec<_> = baggage.iter().collect();
    entries.sort_unstable_by(|one, other| one.0.as_str().cmp(other.0.as_str()));
    let mut list = List::default();
    for (key, (value, metadata)) in entries {
        // Metadata is free text to OpenTelemetry; what is no list of properties is left out.
        if !list.push(key.as_str(), value.as_str(), metadata.as_str()) {
            list.push(key.as_str(), value.as_str(), "");
        }
    }
    list.into_header().map(Arc::from)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_comes_back_in_the_order_of_its_keys() {
        let cx = with_baggage(Context::new(), Some("user=alice%20b,tier=gold;ttl=30"));
        assert_eq!(cx.baggage().get("user").unwrap().as_str(), "alice b");
        assert_eq!(list(&cx).as_deref(), Some("tier=gold;ttl=30,user=alice%20b"));
    }

    #[test]
    fn a_message_without_baggage_leaves_what_is_there() {
        let around = with_baggage(Context::new(), Some("a=1"));
        assert_eq!(list(&with_baggage(around, None)).as_deref(), Some("a=1"));
        assert_eq!(list(&Context::new()), None);
    }

    #[test]
    fn metadata_that_is_no_property_does_not_cost_the_member() {
        let mut baggage = Baggage::new();
        baggage.insert_with_metadata("a", "1", "not a property");
        assert_eq!(list(&Context::new().with_baggage(baggage)).as_deref(), Some("a=1"));
    }
}
