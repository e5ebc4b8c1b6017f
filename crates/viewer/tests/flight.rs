//! The traces that a flight recorder keeps, as the page's API shows them.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

use serde_json::Value;
use traced_actor::sampling::{ParentBased, Ratio, set_sampler};
use traced_actor::{ActorRef, spawn, traced_actor};
use traced_actor_flight::{Flight, TriggerOptions};
use traced_actor_viewer::Builder;

#[traced_actor]
#[derive(Debug)]
enum Message {
    #[traced(fields(channel))]
    Post { channel: u64 },
}

struct Guild;

#[traced_actor]
impl Guild {
    async fn handle(&mut self, message: Message) -> Result<(), std::fmt::Error> {
        tokio::task::yield_now().await;
        let Message::Post { channel } = message;
        if channel == 77 { Err(std::fmt::Error) } else { Ok(()) }
    }
}

#[traced_actor]
#[derive(Debug)]
enum Request {
    Forward { message: Message },
}

struct Front(ActorRef<Message>);

#[traced_actor]
impl Front {
    async fn handle(&mut self, request: Request) {
        let Request::Forward { message } = request;
        self.0.cast(message).await.unwrap();
    }
}

/// Sends two hundred posts, of which one fails.
fn run() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let guild: ActorRef<Message> = spawn(Guild, 8);
        let front = spawn(Front(guild.clone()), 8);
        for channel in 0..200 {
            front.cast(Request::Forward { message: Message::Post { channel } }).await.unwrap();
        }
        front.join().await.unwrap();
        guild.join().await.unwrap();
    });
}

fn json(address: SocketAddr, path: &str) -> Value {
    let mut stream = TcpStream::connect(address).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(120))).unwrap();
    write!(stream, "GET {path} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n").unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    assert!(head.starts_with("HTTP/1.1 200"), "{path}: {answer}");
    serde_json::from_str(body).unwrap()
}

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
    run();
    flight.flush();

    let traces = json(viewer.address(), "/api/traces");
    let traces = traces["traces"].as_array().unwrap();
    assert_eq!(traces.len(), 1, "{traces:?}");
    let id = traces[0]["trace_id"].as_str().unwrap();
    let trace = json(viewer.address(), &format!("/api/traces/{id}"));
    assert_eq!(trace["failed"], 1);
    let spans = trace["spans"].as_array().unwrap();
    let names: Vec<_> = spans.iter().map(|span| span["name"].as_str().unwrap()).collect();
    assert_eq!(names, ["Front/Forward", "Guild/Post"]);
    assert_eq!((&spans[0]["parent_id"], &spans[1]["parent_id"]), (&Value::Null, &spans[0]["span_id"]));
    for span in spans {
        assert_eq!((&span["reason"], &span["trigger"]), (&"triggered".into(), &"error".into()), "{span}");
    }
    assert_eq!(spans[0]["error_type"], Value::Null);
    assert_eq!(spans[1]["error_type"], "core::fmt::Error");
    assert_eq!(spans[1]["attributes"], serde_json::json!([["channel", 77]]));
}
