//! `http/json` in `OTEL_EXPORTER_OTLP_PROTOCOL`.

use serde_json::Value;
use traced_actor_tests::isolated::is_child;

use crate::child::run;
use crate::collector::Collector;

/// Returns the content type and the body of what a child with this protocol sends.
async fn sent(test: &str, protocol: &str) -> Option<(String, Vec<u8>)> {
    if is_child() {
        run(test, &[]).await;
        return None;
    }
    let collector = Collector::http(None, false).await;
    let endpoint = collector.endpoint("http");
    let variables = [
        ("OTEL_EXPORTER_OTLP_ENDPOINT", endpoint.as_str()),
        ("OTEL_EXPORTER_OTLP_PROTOCOL", protocol),
        ("OTEL_SERVICE_NAME", "shop"),
    ];
    let said = run(test, &variables).await?;
    assert!(said.is_exported() && said.warnings().is_empty(), "{}", said.0);
    let mut requests = collector.take();
    assert_eq!(requests.len(), 1);
    let (content, body) = requests.remove(0);
    Some((content, body.to_vec()))
}

#[tokio::test(flavor = "multi_thread")]
async fn spans_are_sent_as_json() {
    let Some((content, body)) = sent("json::spans_are_sent_as_json", "http/json").await else { return };
    assert_eq!(content, "application/json");
    let request: Value = serde_json::from_slice(&body).unwrap();
    let resource = &request["resourceSpans"][0];
    let attributes = resource["resource"]["attributes"].as_array().unwrap();
    let name = attributes.iter().find(|attribute| attribute["key"] == "service.name").unwrap();
    assert_eq!(name["value"]["stringValue"], "shop");
    let span = &resource["scopeSpans"][0]["spans"][0];
    assert_eq!((&span["name"], &span["kind"]), (&Value::from("Shop/Order"), &Value::from(5)));
    // Hexadecimal, as OTLP has it, and not base64, as protobuf's JSON has it.
    let is_id = |id: &Value, digits| {
        let id = id.as_str().unwrap();
        id.len() == digits && id.bytes().all(|digit| digit.is_ascii_hexdigit())
    };
    assert!(is_id(&span["traceId"], 32) && is_id(&span["spanId"], 16), "{span}");
    assert!(span["startTimeUnixNano"].as_str().unwrap().parse::<u64>().unwrap() > 0, "{span}");
}

/// With the feature for JSON, protobuf is the default still.
#[tokio::test(flavor = "multi_thread")]
async fn a_protocol_that_is_not_set_is_protobuf() {
    let Some((content, body)) = sent("json::a_protocol_that_is_not_set_is_protobuf", "").await else {
        return;
    };
    assert_eq!(content, "application/x-protobuf");
    assert!(body.windows(10).any(|bytes| bytes == b"Shop/Order"));
}
