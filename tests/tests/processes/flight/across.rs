//! Three processes, an error in the last one, no collector: the whole trace is kept, in all of them, and no other.
//!
//! ```text
//!   front ── orders ──► middle ── orders ──► back     over TCP, as envelopes
//!   front ◄─ promotions ─ middle ◄─ promotions ─ back
//! ```

use std::collections::{BTreeMap, HashMap};
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::process::Stdio;
use std::sync::{Arc, Mutex, mpsc as std_mpsc};

use serde::{Deserialize, Serialize};
use traced_actor::context::Timestamp;
use traced_actor::record::{Failure, FinishedSpan};
use traced_actor::sampling::{self, ParentBased, Ratio};
use traced_actor::{Envelope, traced_actor};
use traced_actor_flight::{Flight, Peer, Promotion};
use traced_actor_propagation::{CompositePropagator, Edge, Trust};
use traced_actor_tests::isolated;
use traced_actor_wire::codec::{Json, Postcard};
use traced_actor_wire::rollout::{Hello, PeerConnection, PhaseSetting, Rollout, Route};
use traced_actor_wire::{Codec, Encoding};

const ROLE: &str = "FLIGHT_ROLE";
const NEXT: &str = "FLIGHT_NEXT";
const FORMAT: &str = "FLIGHT_FORMAT";
/// The way in which the middle process treats promotions: pass them on, drop them, pass them on when the front has
/// forgotten, or refuse them because it does not trust the back.
const PASSES: &str = "FLIGHT_PASSES";

const ORDERS: u64 = 20;
const FAILS: u64 = 7;

#[traced_actor(name = "Order")]
#[derive(Serialize, Deserialize)]
enum Order {
    #[traced(fields(number))]
    Place { number: u64 },
}

/// Frames of a connection.
enum Frame {
    Order(Vec<u8>),
    Promotion(Promotion),
    /// All orders were handled, and what went wrong was told.
    Done,
}

fn write(stream: &mut TcpStream, frame: &Frame) {
    let (kind, bytes) = match frame {
        Frame::Order(bytes) => (0, bytes.clone()),
        Frame::Promotion(promotion) => (1, promotion.to_bytes().to_vec()),
        Frame::Done => (2, Vec::new()),
    };
    let len = u32::try_from(bytes.len()).unwrap().to_le_bytes();
    stream.write_all(&[&[kind][..], &len, &bytes].concat()).unwrap();
}

/// Reads a frame. `None` at the end.
fn read(stream: &mut TcpStream) -> Option<Frame> {
    let mut head = [0; 5];
    stream.read_exact(&mut head).ok()?;
    let mut bytes = vec![0; u32::from_le_bytes(head[1..].try_into().unwrap()) as usize];
    stream.read_exact(&mut bytes).unwrap();
    Some(match head[0] {
        0 => Frame::Order(bytes),
        1 => Frame::Promotion(Promotion::from_bytes(&bytes).unwrap()),
        _ => Frame::Done,
    })
}

fn encode(envelope: &Envelope<Order>) -> Vec<u8> {
    match &*std::env::var(FORMAT).unwrap() {
        "json" => Json.encode(envelope, Encoding::Envelope).unwrap(),
        "headers" => {
            let mut headers = HashMap::<String, String>::new();
            CompositePropagator::default().inject_context(envelope.state(), &mut headers);
            let flags = headers["traceparent"].rsplit('-').next();
            assert!(matches!(flags, Some("00" | "02")), "for foreigners it is not sampled: {headers:?}");
            serde_json::to_vec(&(headers, envelope.message())).unwrap()
        }
        _ => Postcard.encode(envelope, Encoding::Envelope).unwrap(),
    }
}

fn decode(bytes: &[u8]) -> Envelope<Order> {
    match &*std::env::var(FORMAT).unwrap() {
        "json" => Json.decode(bytes).unwrap(),
        "headers" => {
            let (headers, order): (HashMap<String, String>, Order) = serde_json::from_slice(bytes).unwrap();
            let edge = Edge::new("orders");
            assert!(!edge.is_unsampled(&headers));
            Envelope::new(order, edge.accept(&headers, Timestamp::now()).context)
        }
        _ => Postcard.decode(bytes).unwrap(),
    }
}

/// A connection: a thread writes what is put into the queue.
struct Connection {
    stream: TcpStream,
    queue: std_mpsc::Sender<Frame>,
    link: Link,
}

/// What a process knows of the one at the other end: what it has told the recorder by itself, or a connection of a
/// rollout, which does so.
enum Link {
    Own(Peer),
    Rollout(PeerConnection, Route),
}

fn connected(mut stream: TcpStream, flight: &Flight, tells: bool, trust: Trust) -> Connection {
    let (queue, frames) = std_mpsc::channel();
    let mut writing = stream.try_clone().unwrap();
    std::thread::spawn(move || frames.into_iter().for_each(|frame| write(&mut writing, &frame)));
    let telling = queue.clone();
    let link = if std::env::var(FORMAT).unwrap() == "rollout" {
        let rollout = Rollout::new();
        rollout.set(PhaseSetting::PER_PEER);
        // Promotions come in the place of a message, as hellos do.
        let connection = rollout.connect("peer").edge(Arc::new(Edge::new("peer").trust(trust)));
        let connection = connection.flight(flight, move |bytes| {
            if tells {
                telling.send(Frame::Order(bytes)).unwrap();
            }
        });
        queue.send(Frame::Order(Hello::ours().with_promotions().to_bytes())).unwrap();
        let Some(Frame::Order(hello)) = read(&mut stream) else { panic!("a hello") };
        connection.hello(&hello).unwrap();
        let route = connection.route("Order");
        Link::Rollout(connection, route)
    } else {
        Link::Own(flight.connect(move |promotion| {
            if tells {
                telling.send(Frame::Promotion(promotion)).unwrap();
            }
        }))
    };
    Connection { stream, queue, link }
}

impl Connection {
    fn encode(&self, envelope: &Envelope<Order>) -> Vec<u8> {
        match &self.link {
            Link::Own(peer) => {
                peer.shares(envelope.context().unwrap().trace_id);
                encode(envelope)
            }
            Link::Rollout(_, route) => route.encode(&Postcard, envelope).unwrap(),
        }
    }

    fn decode(&self, bytes: &[u8]) -> Envelope<Order> {
        match &self.link {
            Link::Own(peer) => {
                let envelope = decode(bytes);
                peer.shares(envelope.context().expect("it is provisional").trace_id);
                envelope
            }
            Link::Rollout(connection, route) => {
                assert!(!connection.take_promotion(bytes), "a message");
                route.decode(&Postcard, bytes).unwrap()
            }
        }
    }

    /// Takes promotions, until the other end says that it is done.
    fn take_promotions(&self) {
        let mut stream = self.stream.try_clone().unwrap();
        loop {
            match (read(&mut stream).expect("it says when it is done"), &self.link) {
                (Frame::Promotion(promotion), Link::Own(peer)) => assert!(peer.promote(promotion)),
                (Frame::Order(bytes), Link::Rollout(connection, _)) => {
                    assert!(connection.take_promotion(&bytes), "orders go the other way");
                }
                (Frame::Done, _) => return,
                _ => panic!("orders go the other way"),
            }
        }
    }
}

/// Handles an order, below the message that it came with. In the handler, `next` sends it on.
fn handle(envelope: Envelope<Order>, role: &str, next: impl FnOnce(Order)) {
    let (message, mut handling) = envelope.open();
    let entered = handling.enter();
    traced_actor::current_span().set_attribute("role", if role == "front" { "front" } else { "other" });
    let Order::Place { number } = message;
    next(Order::Place { number });
    drop(entered);
    if role == "back" && number == FAILS {
        handling.end(Some(Failure::new("Stock", None)));
    } else {
        handling.end_ok();
    }
}

/// Sends an order on, below what is handled.
fn send(order: Order, to: &Connection) {
    let envelope = Envelope::capture(order);
    assert!(!envelope.context().expect("it is provisional").flags.is_sampled());
    to.queue.send(Frame::Order(to.encode(&envelope))).unwrap();
}

fn child() {
    let role = std::env::var(ROLE).unwrap();
    let passes = std::env::var(PASSES).unwrap();
    sampling::set_sampler(ParentBased::new(Ratio::new(0.0))).unwrap();
    let kept: Arc<Mutex<Vec<FinishedSpan>>> = Arc::default();
    let keeping = kept.clone();
    let flight = Flight::builder()
        .memory(64 << 10)
        .keep(move |span| keeping.lock().unwrap().push(span))
        .start()
        .unwrap();
    flight.install().unwrap();

    let mut next = std::env::var(NEXT).ok().map(|address| {
        let stream = TcpStream::connect(address).unwrap();
        let trust = if passes == "refused" { Trust::Ids } else { Trust::Full };
        connected(stream, &flight, true, trust)
    });
    if role == "front" {
        let next = next.as_mut().unwrap();
        for number in 0..ORDERS {
            handle(Envelope::bare(Order::Place { number }), &role, |order| send(order, next));
        }
        if passes == "late" {
            // The ring goes round.
            for number in 0..2000 {
                handle(Envelope::bare(Order::Place { number }), "nobody", |_| ());
            }
            next.queue.send(Frame::Done).unwrap();
        }
        next.take_promotions();
    } else {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        println!("\nlistening {}", listener.local_addr().unwrap());
        let before = connected(listener.accept().unwrap().0, &flight, passes != "dropped", Trust::Full);
        serve(&role, &passes, &flight, &before, next.as_mut());
    }
    flight.flush();
    for span in &*kept.lock().unwrap() {
        let text = |name| span.attribute(name).map(ToString::to_string).unwrap_or_default();
        let parent = span.parent.map_or_else(|| "-".to_owned(), |parent| parent.to_string());
        println!(
            "\nspan {} {} {parent} {} {}",
            span.context.trace_id,
            span.context.span_id,
            text("number"),
            text("sampling.trigger")
        );
    }
    println!("\nlate {}", flight.counters().promotions_late);
    println!("\nrefused {}", flight.counters().promotions_refused);
}

/// Runs the middle and the back.
fn serve(role: &str, passes: &str, flight: &Flight, before: &Connection, next: Option<&mut Connection>) {
    let mut incoming = before.stream.try_clone().unwrap();
    for _ in 0..ORDERS {
        let Some(Frame::Order(bytes)) = read(&mut incoming) else { panic!("an order") };
        handle(before.decode(&bytes), role, |order| {
            if let Some(next) = &next {
                send(order, next);
            }
        });
    }
    if let Some(next) = next {
        if passes == "late" {
            assert!(matches!(read(&mut incoming), Some(Frame::Done)), "the front has gone on");
        }
        next.take_promotions();
    }
    // Promotions are in the queue before what comes behind them.
    flight.flush();
    before.queue.send(Frame::Done).unwrap();
    // The one before it ends when it has read that.
    assert!(read(&mut incoming).is_none_or(|frame| matches!(frame, Frame::Done)));
}

/// The spans that a process has kept, each with its trace, parent, number and trigger. Also the promotions that came
/// too late.
#[derive(Debug, Default)]
struct Kept {
    spans: Vec<[String; 5]>,
    late: u64,
    refused: u64,
}

/// Runs the three processes. Returns what each of them has kept.
fn run(test: &str, format: &str, passes: &str) -> BTreeMap<&'static str, Kept> {
    let mut children = Vec::new();
    let mut next = None;
    for role in ["back", "middle", "front"] {
        let mut command = isolated::child(&format!("flight::across::{test}"));
        command.arg("--nocapture").envs([(ROLE, role), (FORMAT, format)]).stdout(Stdio::piped());
        // The back tells the middle in any case: what the middle does is what differs.
        command.env(PASSES, if role == "back" { "all" } else { passes });
        if let Some(address) = &next {
            command.env(NEXT, address);
        }
        let mut child = command.spawn().unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines().map(Result::unwrap);
        if role != "front" {
            let address = lines.find_map(|line| Some(line.strip_prefix("listening ")?.to_owned()));
            next = Some(address.expect("it says where it listens"));
        }
        children.push((role, child, lines));
    }
    let mut kept = BTreeMap::new();
    for (role, mut child, lines) in children.into_iter().rev() {
        let mut found = Kept::default();
        for line in lines {
            if let Some(span) = line.strip_prefix("span ") {
                let words: Vec<String> = span.split(' ').map(ToOwned::to_owned).collect();
                found.spans.push(words.try_into().unwrap());
            } else if let Some(late) = line.strip_prefix("late ") {
                found.late = late.parse().unwrap();
            } else if let Some(refused) = line.strip_prefix("refused ") {
                found.refused = refused.parse().unwrap();
            }
        }
        assert!(child.wait().unwrap().success(), "{role}");
        kept.insert(role, found);
    }
    kept
}

fn assert_whole(kept: &BTreeMap<&'static str, Kept>) {
    let only = |role: &str| {
        let [span] = &kept[role].spans[..] else { panic!("{role}: {kept:#?}") };
        span.each_ref().map(|word| &**word)
    };
    let [front, middle, back] = ["front", "middle", "back"].map(only);
    let number = FAILS.to_string();
    assert_eq!(front, [front[0], front[1], "-", &*number, "promoted"]);
    assert_eq!(middle, [front[0], middle[1], front[1], &*number, "promoted"], "a child of the front's");
    assert_eq!(back, [front[0], back[1], middle[1], &*number, "error"], "a child of the middle's");
    assert!(kept.values().all(|kept| kept.late == 0 && kept.refused == 0));
}

#[test]
fn an_error_in_the_last_process_keeps_the_whole_trace_and_no_other() {
    let test = "an_error_in_the_last_process_keeps_the_whole_trace_and_no_other";
    if isolated::is_child() {
        return child();
    }
    for format in ["postcard", "json", "headers", "rollout"] {
        assert_whole(&run(test, format, "all"));
    }
}

#[test]
fn a_promotion_that_is_dropped_keeps_what_it_has_reached() {
    let test = "a_promotion_that_is_dropped_keeps_what_it_has_reached";
    if isolated::is_child() {
        return child();
    }
    let kept = run(test, "rollout", "dropped");
    assert_eq!(kept.values().map(|kept| kept.spans.len()).collect::<Vec<_>>(), [1, 0, 1], "{kept:#?}");
}

#[test]
fn a_promotion_that_comes_too_late_is_counted() {
    let test = "a_promotion_that_comes_too_late_is_counted";
    if isolated::is_child() {
        return child();
    }
    for format in ["postcard", "rollout"] {
        let kept = run(test, format, "late");
        assert_eq!((kept["front"].spans.len(), kept["front"].late), (0, 1), "{kept:#?}");
        assert_eq!((kept["middle"].spans.len(), kept["back"].spans.len()), (1, 1), "{kept:#?}");
    }
}

/// The back trusts the middle, and tells it. The middle does not trust the back.
#[test]
fn a_promotion_of_an_untrusted_peer_is_refused_and_counted() {
    let test = "a_promotion_of_an_untrusted_peer_is_refused_and_counted";
    if isolated::is_child() {
        return child();
    }
    let kept = run(test, "rollout", "refused");
    let kept = ["front", "middle", "back"].map(|role| (kept[role].spans.len(), kept[role].refused));
    assert_eq!(kept, [(0, 0), (0, 1), (1, 0)]);
}

/// A process without a flight recorder takes a provisional context for what its flag says.
#[test]
fn a_provisional_context_is_unsampled_for_who_records_no_more() {
    let test = "a_provisional_context_is_unsampled_for_who_records_no_more";
    isolated::isolated(test, &[], || {
        use opentelemetry::propagation::TextMapPropagator as _;
        use traced_actor::context::{ContextState, MessageContext, SampledContext, TraceContext, TraceFlags};
        let ids = TraceContext::new(
            traced_actor::TraceId::new(7).unwrap(),
            traced_actor::SpanId::new(9).unwrap(),
            TraceFlags::NONE,
        );
        let envelope =
            || Envelope::new(Order::Place { number: 1 }, MessageContext::sampled(SampledContext::new(ids)));
        let json = Json.encode(&envelope(), Encoding::Envelope).unwrap();
        let text = String::from_utf8(json.clone()).unwrap();
        assert!(text.contains("-0000000000000009-00") && text.contains("ta=p:1"), "{text}");
        let postcard = Postcard.encode(&envelope(), Encoding::Envelope).unwrap();
        let parent = "00-00000000000000000000000000000007-0000000000000009-00";
        let mut headers = HashMap::from(
            [("traceparent", parent), ("tracestate", "ta=p:1")]
                .map(|(name, value)| (name.to_owned(), value.to_owned())),
        );
        let written = || {
            let mut headers = HashMap::<String, String>::new();
            CompositePropagator::default().inject_context(envelope().state(), &mut headers);
            headers
        };
        assert_eq!(written().get("tracestate"), None, "nobody has recorded the trace here");
        let of_headers = |edge: Edge| {
            Envelope::new(Order::Place { number: 1 }, edge.accept(&headers, Timestamp::now()).context)
        };
        let read = || -> [Envelope<Order>; 3] {
            [
                Json.decode(&json).unwrap(),
                Postcard.decode(&postcard).unwrap(),
                of_headers(Edge::new("orders")),
            ]
        };
        assert!(Edge::new("orders").is_unsampled(&headers));
        for read in read() {
            assert!(read.context().is_none(), "{:?}", read.state());
        }
        // And with one, the trace goes on, without the flag.
        let flight = Flight::builder().start().unwrap();
        flight.install().unwrap();
        for read in read() {
            assert_eq!(read.context(), Some(&ids));
        }
        assert!(!Edge::new("orders").is_unsampled(&headers));
        assert_eq!(written(), headers);
        // A context that passes through is recorded by nobody here.
        let mut passed = HashMap::new();
        let propagator = traced_actor_opentelemetry::Propagator::new(CompositePropagator::default());
        propagator.inject_context(
            &propagator.extract(&HashMap::from([("traceparent".to_owned(), parent.to_owned())])),
            &mut passed,
        );
        assert_eq!((passed["traceparent"].as_str(), passed.get("tracestate")), (parent, None));
        // Others cannot say so.
        for trust in [Trust::Ids, Trust::Ignore] {
            let read = of_headers(Edge::new("orders").trust(trust));
            assert!(read.context().is_none_or(|context| context.flags.is_sampled()), "{:?}", read.state());
        }
        // Nor does a list without the mark.
        headers.insert("tracestate".into(), "a=1,ta=h:1".into());
        let read = Edge::new("orders").accept(&headers, Timestamp::now()).context;
        assert!(matches!(read.state(), ContextState::Unsampled), "{:?}", read.state());
    });
}
