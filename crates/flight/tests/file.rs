//! Tests the file of kept spans: it gets a line for each round, and its length is limited.

use std::future::Future;
use std::pin::pin;
use std::task::{Context, Waker};
use std::time::Duration;
use std::{env, fs, process};

use traced_actor::sampling::{ParentBased, Ratio, set_sampler};
use traced_actor::traced_actor;
use traced_actor_flight::{Flight, OtlpResource, TriggerOptions};

#[traced_actor]
#[traced(fields(number))]
struct Order {
    number: u64,
}

struct Shop;

#[traced_actor]
impl Shop {
    #[expect(clippy::unused_async, reason = "as handlers are")]
    async fn handle(&mut self, order: Order) -> Result<(), &'static str> {
        if order.number.is_multiple_of(2) { Ok(()) } else { Err("out of \"stock\"") }
    }
}

fn handle(numbers: std::ops::Range<u64>) {
    for number in numbers {
        let handled = pin!(Shop.handle(Order { number })).poll(&mut Context::from_waker(Waker::noop()));
        assert!(handled.is_ready());
    }
}

#[test]
fn a_file_has_what_is_kept_and_nothing_else() {
    set_sampler(ParentBased::new(Ratio::new(0.0))).unwrap();
    let directory = env::temp_dir().join(format!("traced-actor-flight-{}-kept", process::id()));
    fs::create_dir(&directory).unwrap();
    let (path, before) = (directory.join("kept.jsonl"), directory.join("kept.jsonl.1"));
    fs::write(&path, "as it was\n").unwrap();
    let mut triggers = TriggerOptions::default();
    triggers.per_second = 1e6;
    let flight = Flight::builder()
        .triggers(triggers)
        .interval(Duration::from_secs(3600))
        .file(&path, 4000, &OtlpResource::new("shop").attribute("zone", "a"))
        .start()
        .unwrap();
    flight.install().unwrap();

    handle(0..2);
    flight.flush();
    handle(2..6);
    flight.flush();
    flight.flush();
    let text = fs::read_to_string(&path).unwrap();
    let lines: Vec<&str> = text.lines().collect();
    assert_eq!((lines.len(), lines[0]), (3, "as it was"), "{text}");
    for (line, numbers) in lines[1..].iter().zip([&["1"][..], &["3", "5"]]) {
        assert!(line.starts_with("{\"resourceSpans\":[") && line.ends_with("]}"), "{line}");
        assert_eq!(line.matches("\"traceId\"").count(), numbers.len(), "{line}");
        for number in numbers {
            assert!(line.contains(&format!("{{\"intValue\":\"{number}\"}}")), "{line}");
        }
        let has = |text: &str| assert!(line.contains(text), "{line}");
        has(
            r#"{"key":"service.name","value":{"stringValue":"shop"}},{"key":"zone","value":{"stringValue":"a"}}"#,
        );
        has(r#""status":{"code":2,"message":"out of \"stock\""}"#);
        has(r#"{"key":"sampling.reason","value":{"stringValue":"triggered"}}"#);
    }
    assert!(!before.exists());

    // Beyond the bound another file begins, and there are two at most.
    for round in 3..40 {
        handle(2 * round..2 * round + 2);
        flight.flush();
        let len = |path| fs::metadata(path).map_or(0, |file| file.len());
        assert!(len(&path) <= 4000 && len(&before) <= 4000);
    }
    let numbers = |path| -> Vec<u64> {
        let text = fs::read_to_string(path).unwrap();
        let rest = text.lines().map(|line| line.split("{\"intValue\":\"").nth(1).unwrap());
        rest.map(|rest| rest.split('"').next().unwrap().parse().unwrap()).collect()
    };
    let (older, newer) = (numbers(&before), numbers(&path));
    let all = [older, newer].concat();
    assert!(all.len() >= 4 && all.last() == Some(&79), "{all:?}");
    assert!(all.windows(2).all(|pair| pair[1] == pair[0] + 2), "none is missing between: {all:?}");

    // A line that cannot be written is counted. Nothing can be renamed to what is a directory.
    assert_eq!(flight.counters().unwritten, 0);
    fs::remove_file(&before).unwrap();
    fs::create_dir_all(before.join("in the way")).unwrap();
    for round in 40..60 {
        handle(2 * round..2 * round + 2);
        flight.flush();
    }
    assert!(flight.counters().unwritten > 0);
    fs::remove_dir_all(&directory).unwrap();

    let there = Flight::builder().file(directory.join("no/file"), 1, &OtlpResource::new("shop")).start();
    assert!(there.is_err());
}
