//! The traces that a flight recorder keeps, as the page's API shows them.

mod common;

use std::time::Duration;

use serde_json::Value;
use traced_actor::sampling::{ParentBased, Ratio, set_sampler};
use traced_actor_flight::{Flight, TriggerOptions};
use traced_actor_viewer::Builder;

use crate::common::{Message, json};

#[test]
fn the_page_shows_the_whole_trace_of_what_failed_and_no_other() {
    set_sampler(ParentBased::new(Ratio::new(0.0))).unwrap();
    let (viewer, exporter) = Builder::new().quiet(true).start("127.0.0.1:0").unwrap();
    let flight = Flight::builder()
        .triggers(TriggerOptions::default())
        .interval(Duration::from_secs(3600))
        .keep(exporter.sink())
        .start()
        .unwrap();
    flight.install().unwrap();
    common::forward((0..200).map(|channel| match channel {
        77 => Message::Fail { channel },
        _ => Message::Post { channel, text: "text" },
    }));
    flight.flush();

    let traces = json(viewer.address(), "/api/traces");
    let traces = traces["traces"].as_array().unwrap();
    assert_eq!(traces.len(), 1, "{traces:?}");
    let id = traces[0]["trace_id"].as_str().unwrap();
    let trace = json(viewer.address(), &format!("/api/traces/{id}"));
    assert_eq!(trace["failed"], 1);
    let spans = trace["spans"].as_array().unwrap();
    let names: Vec<_> = spans.iter().map(|span| span["name"].as_str().unwrap()).collect();
    assert_eq!(names, ["Front/Forward", "Guild/Fail"]);
    assert_eq!((&spans[0]["parent_id"], &spans[1]["parent_id"]), (&Value::Null, &spans[0]["span_id"]));
    for span in spans {
        assert_eq!((&span["reason"], &span["trigger"]), (&"triggered".into(), &"error".into()), "{span}");
    }
    assert_eq!(spans[0]["error_type"], Value::Null);
    assert_eq!(spans[1]["error_type"], "core::fmt::Error");
    assert_eq!(spans[1]["attributes"], serde_json::json!([["channel", 77]]));
}
