//! Converts baggage between messages and OpenTelemetry, and turns it into attributes of spans.

use std::sync::Arc;

use opentelemetry::baggage::{Baggage, BaggageExt};
use opentelemetry::{Context, KeyValue, StringValue};

use traced_actor::record::SpanStart;
use traced_actor_propagation::BaggageKeys;
use traced_actor_propagation::baggage::{List, members};

/// Returns `cx` with the baggage of a message, a list in the form of W3C's header. Without a list, `cx` keeps its own.
pub(super) fn with_baggage(cx: Context, list: Option<&str>) -> Context {
    let Some(list) = list else { return cx };
    let mut baggage = Baggage::new();
    for member in members(list) {
        // Members beyond OpenTelemetry's own limit (64) are left out.
        let (key, value) = (member.key().to_owned(), member.value().into_owned());
        baggage.insert_with_metadata(key, value, member.properties());
    }
    cx.with_baggage(baggage)
}

/// Returns the baggage of `cx` as a list sorted by key, or `None` if it has none.
pub(super) fn list(cx: &Context) -> Option<Arc<str>> {
    let baggage = cx.baggage();
    if baggage.is_empty() {
        return None;
    }
    let mut entries: Vec<_> = baggage.iter().collect();
    entries.sort_unstable_by(|one, other| one.0.as_str().cmp(other.0.as_str()));
    let mut list = List::default();
    for (key, (value, metadata)) in entries {
        // Metadata is free text to OpenTelemetry. If it is not a list of properties, it is left out.
        if !list.push(key.as_str(), value.as_str(), metadata.as_str()) {
            list.push(key.as_str(), value.as_str(), "");
        }
    }
    list.into_header().map(Arc::from)
}

/// Returns the baggage that a message came with: that of its parent, or the part that all of its links share.
pub(super) fn of_message<'a>(new: &SpanStart<'a>) -> Option<&'a str> {
    match (new.parent, new.links) {
        (Some(parent), _) => parent.baggage.as_deref(),
        (None, [first, others @ ..]) => {
            let list = first.context.baggage.as_deref();
            list.filter(|list| others.iter().all(|other| other.context.baggage.as_deref() == Some(list)))
        }
        (None, []) => None,
    }
}

/// Adds the attributes of the baggage that a message came with. The message's own fields of the same name are kept.
pub(super) fn add_of_message(new: &SpanStart<'_>, attributes: &mut Vec<KeyValue>) {
    let senders = new.parent.into_iter().chain(new.links.iter().map(|link| &link.context));
    let lists = senders.map(|sender| sender.baggage.as_deref());
    BaggageKeys::visit(lists, |key, value| {
        if is_missing(attributes, key) {
            attributes.push(KeyValue::new(key, value.to_owned()));
        }
    });
}

/// Returns the attributes of the baggage that a message came with, except those that its own fields have.
pub(super) fn attributes_of_message(new: &SpanStart<'_>) -> Vec<KeyValue> {
    let mut found = Vec::new();
    add_of_message(new, &mut found);
    if !found.is_empty() {
        new.fields(|name, _| found.retain(|attribute| attribute.key.as_str() != name));
    }
    found
}

/// Returns the attributes of the baggage of `cx`, except those in `own`.
pub(super) fn attributes(cx: &Context, own: &[KeyValue]) -> Vec<KeyValue> {
    let (mut found, baggage) = (Vec::new(), cx.baggage());
    let value = |key: &str| baggage.get(key).map(StringValue::as_str);
    BaggageKeys::visit_values(value, |key, value| {
        if is_missing(own, key) {
            found.push(KeyValue::new(key, value.to_owned()));
        }
    });
    found
}

fn is_missing(attributes: &[KeyValue], key: &str) -> bool {
    attributes.iter().all(|attribute| attribute.key.as_str() != key)
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
