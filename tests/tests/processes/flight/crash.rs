//! The file that a process leaves: when it is killed by SIGKILL, after a panic, on a signal, and on request.

use std::fs;
use std::io::{BufRead, BufReader};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use traced_actor::sampling::{self, ParentBased, Ratio};
use traced_actor::sync::mpsc;
use traced_actor::{Envelope, traced_actor};
use traced_actor_flight::{DumpReason, FileError, FileSpan, Flight, FlightFile};
use traced_actor_tests::isolated;

const DIRECTORY: &str = "FLIGHT_DIRECTORY";

#[traced_actor]
enum Order {
    #[traced(fields(number, customer))]
    Place { number: u64, customer: String },
}

#[traced_actor]
enum Save {
    #[traced(fields(number))]
    Row { number: u64 },
}

struct Shop {
    receiver: mpsc::Receiver<Order>,
    store: mpsc::Sender<Save>,
}

struct Store {
    receiver: mpsc::Receiver<Save>,
}

#[traced_actor]
impl Shop {
    async fn run(mut self) {
        while let Some(order) = self.receiver.recv().await {
            let _ = self.handle(order).await;
        }
    }

    async fn handle(&mut self, order: Order) -> Result<(), &'static str> {
        let Order::Place { number, .. } = order;
        if number == 41 {
            return Err("out of stock");
        }
        let _ = self.store.send(Save::Row { number }).await;
        Ok(())
    }
}

#[traced_actor]
impl Store {
    async fn run(mut self) {
        while let Some(save) = self.receiver.recv().await {
            self.handle(save).await;
        }
    }

    async fn handle(&mut self, save: Save) {
        let Save::Row { number } = save;
        if number == 42 {
            println!("stuck");
            std::future::pending::<()>().await;
        }
    }
}

fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .thread_name("shop-worker")
        .enable_time()
        .build()
        .unwrap()
}

/// Places 43 orders: the row of the last one never ends.
async fn place_orders() {
    let (orders, receiver) = mpsc::channel(100);
    let (store, rows) = mpsc::channel(100);
    let shop = tokio::spawn(Shop { receiver, store }.run());
    let store = tokio::spawn(Store { receiver: rows }.run());
    for number in 0..43 {
        let customer = format!("customer {number}");
        orders.send(Order::Place { number, customer }).await.ok().unwrap();
    }
    drop(orders);
    shop.await.unwrap();
    let _ = store.await;
}

fn sample_nothing() {
    sampling::set_sampler(ParentBased::new(Ratio::new(0.0))).unwrap();
}

/// A directory that is removed in the end.
struct Directory(PathBuf);

impl Directory {
    fn new(name: &str) -> Self {
        let shm = PathBuf::from("/dev/shm");
        let base = if shm.is_dir() { shm } else { std::env::temp_dir() };
        let path = base.join(format!("traced-actor-flight-{}-{name}", std::process::id()));
        fs::create_dir(&path).unwrap();
        Self(path)
    }

    /// Returns the only file.
    fn only(&self) -> PathBuf {
        let files: Vec<_> = fs::read_dir(&self.0).unwrap().map(|file| file.unwrap().path()).collect();
        let [file] = &files[..] else { panic!("{files:?}") };
        file.clone()
    }
}

impl Drop for Directory {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// Starts this test again as a child, and returns it when it has said that it is stuck.
fn stuck_child(test: &str, directory: &Directory) -> Child {
    let mut child = isolated::child(&format!("flight::crash::{test}"))
        .arg("--nocapture")
        .env(DIRECTORY, &directory.0)
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    assert!(lines.any(|line| line.unwrap().contains("stuck")), "the child has ended");
    child
}

/// Asserts what the file of a process says that has placed the orders.
fn assert_shows_what_it_did(file: &FlightFile, process: u32) {
    assert_eq!(file.process, process);
    let numbers = |name: &str| -> Vec<String> {
        let of = file.spans.iter().filter(|span| span.span.name == name);
        let mut numbers: Vec<_> = of.map(|span| span.span.attribute("number").unwrap().to_string()).collect();
        numbers.sort_by_key(|number| number.parse::<u64>().unwrap());
        numbers
    };
    let all: Vec<_> = (0..43).map(|number| number.to_string()).collect();
    assert_eq!(numbers("Shop/Place"), all);
    assert_eq!(numbers("Store/Row"), all[..41], "41 failed before, and 42 has not ended");
    let [open] = &file.open[..] else { panic!("{:#?}", file.open) };
    assert_eq!((open.span.name, &*open.span.attribute("number").unwrap().to_string()), ("Store/Row", "42"));
    let parent = file.spans.iter().find(|span| Some(span.span.context.span_id) == open.span.parent).unwrap();
    assert_eq!(parent.span.attribute("customer").unwrap().to_string(), "customer 42");
    let failed: Vec<_> = file.spans.iter().filter_map(|span| span.span.error.as_deref()).collect();
    assert_eq!(failed, ["out of stock"]);
    assert!(file.threads.iter().any(|thread| thread.name == "shop-worker"), "{:?}", file.threads);
    assert!(file.threads.iter().map(|thread| thread.readable).sum::<u64>() > 2 * 43 + 2 * 41);

    let report = file.report(3);
    let section = |title: &str| report.split("## ").find(|part| part.starts_with(title)).unwrap().to_owned();
    assert!(section("Open work").contains("Store/Row"), "{report}");
    let last = section("The last message of each actor");
    assert!(last.lines().any(|line| line.starts_with("Store ") && line.contains("number=42")), "{last}");
    assert!(last.lines().any(|line| line.starts_with("Shop ") && line.contains("customer 42")), "{last}");
    assert!(section("Threads").contains("shop-worker"), "{report}");
    assert!(report.contains("out of stock"), "{report}");

    let otlp: serde_json::Value = serde_json::from_str(&file.to_otlp_json("shop")).unwrap();
    let spans = otlp["resourceSpans"][0]["scopeSpans"][0]["spans"].as_array().unwrap();
    assert_eq!(spans.len(), 43 + 41 + 1);
    let failed = spans.iter().find(|span| span["status"]["code"] == 2).unwrap();
    assert_eq!(failed["status"]["message"], "out of stock");
    assert_eq!(failed["traceId"].as_str().unwrap().len(), 32);
    let chrome: serde_json::Value = serde_json::from_str(&file.to_chrome_json()).unwrap();
    let phases = |phase: &str| {
        chrome["traceEvents"].as_array().unwrap().iter().filter(|event| event["ph"] == phase).count()
    };
    assert_eq!((phases("X"), phases("B")), (43 + 41, 1));
}

#[test]
fn the_file_of_a_killed_process_shows_what_it_was_doing() {
    let test = "the_file_of_a_killed_process_shows_what_it_was_doing";
    if isolated::is_child() {
        let path = PathBuf::from(std::env::var_os(DIRECTORY).unwrap()).join("shop.flight");
        sample_nothing();
        let words = traced_actor_mapped::map(path, 4 << 20).unwrap();
        let flight = Flight::builder().words(words).start().unwrap();
        flight.install().unwrap();
        runtime().block_on(place_orders());
        unreachable!("it is killed");
    }
    let directory = Directory::new("killed");
    let mut child = stuck_child(test, &directory);
    let process = child.id();
    // SIGKILL: nothing of the process runs any more.
    child.kill().unwrap();
    assert!(!child.wait().unwrap().success());
    let file = FlightFile::open(directory.only()).unwrap();
    assert_eq!(file.reason, Some(DumpReason::Mapped));
    assert_shows_what_it_did(&file, process);
}

#[cfg(unix)]
#[test]
fn a_signal_writes_a_file() {
    let test = "a_signal_writes_a_file";
    if isolated::is_child() {
        sample_nothing();
        let flight = Flight::builder().start().unwrap();
        flight.install().unwrap();
        flight.dump_on_signal(libc::SIGUSR1, std::env::var_os(DIRECTORY).unwrap()).unwrap();
        runtime().block_on(place_orders());
        unreachable!("it is killed");
    }
    let directory = Directory::new("signal");
    let mut child = stuck_child(test, &directory);
    let process = child.id();
    let sent = Command::new("kill").args(["-USR1", &process.to_string()]).status().unwrap();
    assert!(sent.success());
    // A file that is being written is cut; it is complete when it does not change what can be read.
    let since = Instant::now();
    let file = loop {
        let path = fs::read_dir(&directory.0).unwrap().next().map(|file| file.unwrap().path());
        if let Some(file) =
            path.and_then(|path| FlightFile::open(path).ok()).filter(|file| file.open.len() == 1)
        {
            break file;
        }
        assert!(since.elapsed() < Duration::from_secs(20), "no file");
        std::thread::yield_now();
    };
    child.kill().unwrap();
    child.wait().unwrap();
    assert_eq!(file.reason, Some(DumpReason::Signal));
    assert_shows_what_it_did(&file, process);
}

#[test]
fn a_panic_and_a_call_write_files() {
    let test = "a_panic_and_a_call_write_files";
    if !isolated::is_child() {
        let directory = Directory::new("panic");
        let mut child = stuck_child(test, &directory);
        let process = child.id();
        assert!(child.wait().unwrap().success());
        let asked = FlightFile::open(directory.0.join("asked.flight")).unwrap();
        assert_eq!(asked.reason, Some(DumpReason::Asked));
        assert_shows_what_it_did(&asked, process);
        fs::remove_file(directory.0.join("asked.flight")).unwrap();
        let panicked = FlightFile::open(directory.only()).unwrap();
        assert_eq!(panicked.reason, Some(DumpReason::Panic));
        assert_shows_what_it_did(&panicked, process);
        return;
    }
    let directory = PathBuf::from(std::env::var_os(DIRECTORY).unwrap());
    sample_nothing();
    let flight = Flight::builder().start().unwrap();
    flight.install().unwrap();
    flight.dump_on_panic(&directory);
    let runtime = runtime();
    let running = runtime.spawn(place_orders());
    // The stuck row is open from here on: all else has ended or will not.
    while flight_counters_open(&flight) {
        std::thread::yield_now();
    }
    assert!(std::thread::spawn(|| panic!("a test")).join().is_err());
    assert!(std::thread::spawn(|| panic!("too soon for another file")).join().is_err());
    flight.dump(directory.join("asked.flight")).unwrap();
    running.abort();
    // The test's own runner would write to a parent that does not listen any more.
    std::process::exit(0);
}

/// Returns whether records are still to come: those of 43 orders, 41 rows and the start of the last one.
fn flight_counters_open(flight: &Flight) -> bool {
    flight.flush();
    flight.counters().records < 2 * (43 + 41) + 1
}

#[test]
fn what_is_no_such_file_is_refused() {
    assert!(matches!(FlightFile::parse(&[]), Err(FileError::NotAFlight)));
    assert!(matches!(FlightFile::parse(&[0; 5000]), Err(FileError::NotAFlight)));
    assert!(matches!(FlightFile::open("/no/such/file"), Err(FileError::Io(_))));
}

/// Returns a file of this process, with some messages.
fn sample_file() -> Vec<u8> {
    sample_nothing();
    let flight = Flight::builder().memory(256 << 10).start().unwrap();
    flight.install().unwrap();
    let runtime = runtime();
    runtime.block_on(async {
        let _ = tokio::time::timeout(Duration::from_millis(100), place_orders()).await;
    });
    let path = std::env::temp_dir().join(format!("traced-actor-flight-{}-sample", std::process::id()));
    flight.dump(&path).unwrap();
    let bytes = fs::read(&path).unwrap();
    fs::remove_file(path).unwrap();
    bytes
}

/// Reads a file in each way that there is.
fn read_all(bytes: &[u8]) {
    if let Ok(file) = FlightFile::parse(bytes) {
        let words = bytes.len() / 8;
        assert!(file.spans.len() + file.open.len() <= words, "more messages than words");
        let text = file.report(2).len() + file.to_otlp_json("x").len() + file.to_chrome_json().len();
        assert!(text < 200 * bytes.len() + 10_000, "{text} bytes of text from {}", bytes.len());
    }
}

#[test]
fn files_that_are_cut_or_hostile_do_no_harm() {
    let test = "files_that_are_cut_or_hostile_do_no_harm";
    isolated::isolated(test, &[], || {
        let bytes = sample_file();
        assert!(FlightFile::parse(&bytes).unwrap().spans.len() > 40);
        for len in (0..bytes.len()).step_by(4099) {
            read_all(&bytes[..len]);
        }
        // Xorshift: the same each time.
        let mut state = 0x9e37_79b9_7f4a_7c15_u64;
        let mut next = move || {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            state
        };
        let index = |random: u64, len: usize| usize::try_from(random % len as u64).unwrap();
        for round in 0..300 {
            let mut broken = bytes.clone();
            for _ in 0..=round % 20 {
                // More often in what leads to other places: the header, the table, the beginnings of rings.
                let area = if next() % 2 == 0 { 16 << 10 } else { broken.len() };
                let at = index(next(), area.min(broken.len()) / 8) * 8;
                let value = match next() % 4 {
                    0 => next(),
                    1 => u64::MAX,
                    2 => 1 << (next() % 64),
                    _ => next() % 1000,
                };
                broken[at..at + 8].copy_from_slice(&value.to_ne_bytes());
            }
            read_all(&broken);
        }
        // All of it garbage behind the beginning.
        let mut garbage = bytes[..24].to_vec();
        garbage.extend((0..50_000).flat_map(|_| next().to_ne_bytes()));
        read_all(&garbage);
    });
}

/// What handlers have sent, although nobody has received it.
#[test]
fn a_file_has_what_was_sent_and_not_received() {
    isolated::isolated("flight::crash::a_file_has_what_was_sent_and_not_received", &[], || {
        sample_nothing();
        let flight = Flight::builder().start().unwrap();
        flight.install().unwrap();
        flight.observe_sends().unwrap();
        assert!(flight.observe_sends().is_err());
        let (orders, receiver) = mpsc::channel(100);
        let (store, _rows) = mpsc::channel(200);
        let place = |number| Order::Place { number, customer: String::new() };
        let shop = Shop { receiver, store: store.clone() }.run();
        tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(async {
            for number in 0..5 {
                orders.send(place(number)).await.ok().unwrap();
            }
            drop(orders);
            shop.await;
        });
        // One that has not ended, and sends to many.
        let (_, mut handling) = Envelope::capture(place(5)).open();
        let entered = handling.enter();
        (0..100).for_each(|number| assert!(store.try_send(Save::Row { number }).is_ok()));
        let directory = Directory::new("sends");
        let path = directory.0.join("asked.flight");
        flight.dump(&path).unwrap();
        drop(entered);

        let file = FlightFile::open(&path).unwrap();
        let sends = |spans: &[FileSpan]| {
            let sends = spans.iter().flat_map(|span| &span.sends);
            sends.map(|sends| (sends.message.clone(), sends.count)).collect::<Vec<_>>()
        };
        let rows = |count| ("Save/Row".to_owned(), count);
        assert_eq!(sends(&file.spans), vec![rows(1); 5]);
        assert_eq!(sends(&file.open), [rows(100)]);
        let text = file.report(1);
        // Among the open work, and as what its actor did last.
        assert_eq!(text.matches("    sent 100 × Save/Row, the last one ").count(), 2, "{text}");
    });
}
