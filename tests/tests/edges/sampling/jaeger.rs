//! Polling a server that speaks Jaeger's JSON over HTTP.

use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use traced_actor::TraceId;
use traced_actor::sampling::{Decision, Operation, Sampler};
use traced_actor_sampling::jaeger::{JaegerRemote, PollOptions, PollStatus, Poller};

use super::support::POST;

/// The server's answer to a request.
#[derive(Clone)]
enum Answer {
    Json(&'static str),
    Status(&'static str),
    Endless,
    Silence,
}

struct Server {
    port: u16,
    answer: Arc<Mutex<Answer>>,
    asked: Arc<Mutex<Vec<String>>>,
}

impl Server {
    fn start(answer: Answer) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let (answer, asked) = (Arc::new(Mutex::new(answer)), Arc::new(Mutex::new(Vec::new())));
        let (answers, requests) = (answer.clone(), asked.clone());
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                let (answer, asked) = (answers.lock().unwrap().clone(), requests.clone());
                // A client that gives up early breaks the pipe, and no test.
                std::thread::spawn(move || serve(stream.unwrap(), &answer, &asked).ok());
            }
        });
        Self { port, answer, asked }
    }

    fn set(&self, answer: Answer) {
        *self.answer.lock().unwrap() = answer;
    }

    fn endpoint(&self) -> String {
        format!("http://127.0.0.1:{}/sampling", self.port)
    }
}

fn serve(mut stream: TcpStream, answer: &Answer, asked: &Mutex<Vec<String>>) -> std::io::Result<()> {
    let mut lines = BufReader::new(stream.try_clone()?).lines();
    asked.lock().unwrap().push(lines.next().unwrap()?);
    while lines.next().is_some_and(|line| line.is_ok_and(|line| !line.is_empty())) {}
    match answer {
        Answer::Json(body) => write!(
            stream,
            "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{body}",
            body.len()
        ),
        Answer::Status(status) => {
            write!(stream, "HTTP/1.1 {status}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
        }
        Answer::Endless => {
            write!(stream, "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n")?;
            loop {
                stream.write_all(&[b' '; 4096])?;
            }
        }
        Answer::Silence => {
            std::thread::sleep(Duration::from_secs(2));
            Ok(())
        }
    }
}

fn options() -> PollOptions {
    let mut options = PollOptions::default();
    options.interval = Duration::from_millis(10);
    options.timeout = Duration::from_millis(200);
    options.max_bytes = 64 * 1024;
    options
}

/// Waits until the status is as wanted.
#[track_caller]
fn wait(poller: &Poller, wanted: impl Fn(&PollStatus) -> bool) -> PollStatus {
    let deadline = Instant::now() + Duration::from_secs(10);
    loop {
        let status = poller.status();
        if wanted(&status) {
            return status;
        }
        assert!(Instant::now() < deadline, "{status:?}");
        std::thread::sleep(Duration::from_millis(2));
    }
}

/// Waits for an answer to a request that was sent after now.
#[track_caller]
fn wait_for_another(poller: &Poller) {
    let applied = poller.status().applied;
    // One may have been on its way.
    wait(poller, |status| status.applied >= applied + 2);
}

/// With what probability a trace is kept that has the highest randomness.
fn probability(sampler: &JaegerRemote) -> Option<f64> {
    let root = Operation::root("Guild", &POST, TraceId::new(u128::MAX).unwrap());
    match sampler.sample(&root) {
        Decision::Keep { probability, .. } => probability,
        Decision::Drop { .. } => None,
    }
}

const HALF: Answer =
    Answer::Json(r#"{"strategyType":"PROBABILISTIC","probabilisticSampling":{"samplingRate":0.5}}"#);

#[test]
fn answers_are_applied_as_they_change() {
    let server = Server::start(HALF);
    let sampler = JaegerRemote::new();
    assert_eq!(probability(&sampler), Some(0.001));
    let poller = sampler.poll_with(&server.endpoint(), "chat & guild", &options()).unwrap();
    wait_for_another(&poller);
    assert_eq!(probability(&sampler), Some(0.5));
    server.set(Answer::Json(
        r#"{"strategyType":"PROBABILISTIC","operationSampling":{"defaultSamplingProbability":0.001,
        "defaultLowerBoundTracesPerSecond":0.0166,"perOperationStrategies":[{"operation":"Guild/Post",
        "probabilisticSampling":{"samplingRate":0.2}}],"defaultUpperBoundTracesPerSecond":0}}"#,
    ));
    wait_for_another(&poller);
    assert_eq!(probability(&sampler), Some(0.2));
    let asked = server.asked.lock().unwrap()[0].clone();
    assert!(
        [
            "GET /sampling?service=chat%20%26%20guild HTTP/1.1",
            "GET /sampling?service=chat+%26+guild HTTP/1.1"
        ]
        .contains(&&*asked),
        "{asked}"
    );
}

#[test]
fn the_last_good_answer_stays_in_force() {
    let server = Server::start(HALF);
    let sampler = JaegerRemote::new();
    let poller = sampler.poll_with(&server.endpoint(), "chat", &options()).unwrap();
    wait(&poller, |status| status.applied > 0);
    let bad = [
        Answer::Status("500 Internal Server Error"),
        Answer::Json("{}"),
        Answer::Json(r#"{"probabilisticSampling":{"samplingRate":2}}"#),
        Answer::Endless,
        Answer::Silence,
    ];
    for answer in bad {
        server.set(answer);
        let failed = poller.status().failed;
        let status = wait(&poller, |status| status.failed >= failed + 2);
        assert!(status.last_error.is_some());
        assert_eq!(probability(&sampler), Some(0.5), "{status:?}");
    }
    server.set(HALF);
    let status = wait(&poller, |status| status.last_error.is_none());
    assert!(status.applied > 1);
}

#[test]
fn a_server_that_is_not_there_leaves_the_first_strategy() {
    let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let sampler = JaegerRemote::new();
    let poller = sampler.poll_with(&format!("http://127.0.0.1:{port}/sampling"), "chat", &options()).unwrap();
    wait(&poller, |status| status.failed > 1);
    assert_eq!(probability(&sampler), Some(0.001));
}

#[test]
fn a_poller_that_is_dropped_asks_no_more() {
    let server = Server::start(HALF);
    let poller = JaegerRemote::new().poll_with(&server.endpoint(), "chat", &options()).unwrap();
    wait(&poller, |status| status.applied > 0);
    drop(poller);
    std::thread::sleep(Duration::from_millis(50));
    let asked = server.asked.lock().unwrap().len();
    std::thread::sleep(Duration::from_millis(50));
    assert_eq!(server.asked.lock().unwrap().len(), asked);
}

/// The operator names it: `OTEL_TRACES_SAMPLER=parentbased_jaeger_remote`.
#[test]
fn the_environment_s_sampler_asks_as_well() {
    traced_actor_sampling::register();
    let server = Server::start(HALF);
    let argument = format!("endpoint={},pollingIntervalMs=10,initialSamplingRate=1", server.endpoint());
    for name in ["jaeger_remote", "parentbased_jaeger_remote"] {
        let sampler = traced_actor::sampling::parse(Some(name), Some(&argument)).unwrap();
        let root = Operation::root("Guild", &POST, TraceId::new(u128::MAX).unwrap());
        let probability = || match sampler.sample(&root) {
            Decision::Keep { probability, .. } => probability,
            Decision::Drop { .. } => None,
        };
        let deadline = Instant::now() + Duration::from_secs(10);
        while probability() != Some(0.5) {
            assert!(probability() == Some(1.0) && Instant::now() < deadline, "{:?}", probability());
            std::thread::sleep(Duration::from_millis(2));
        }
        assert!(!sampler.resamples_children());
    }
    let asked = server.asked.lock().unwrap()[0].clone();
    let service = std::env::var("OTEL_SERVICE_NAME").unwrap_or_else(|_| "unknown_service".to_owned());
    assert_eq!(asked, format!("GET /sampling?service={service} HTTP/1.1"));
}
