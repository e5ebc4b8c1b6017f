//! The program that prints and converts files.

use std::future::Future;
use std::path::Path;
use std::pin::pin;
use std::process::{Command, Output, Stdio};
use std::task::{Context, Waker};
use std::{env, fs, process};

use traced_actor::traced_actor;
use traced_actor_flight::Flight;

#[traced_actor]
enum Order {
    #[traced(fields(number))]
    Place { number: u64 },
    #[traced(fields(name))]
    Rename { name: &'static str },
}

struct Shop;

#[traced_actor]
impl Shop {
    async fn handle(&mut self, order: Order) -> Result<(), &'static str> {
        match order {
            Order::Place { number: 2 } => Err("out of stock"),
            Order::Place { number: 3 } => std::future::pending().await,
            Order::Place { .. } => Ok(()),
            Order::Rename { name } => {
                traced_actor::current_span().update_name(name);
                Ok(())
            }
        }
    }
}

fn run(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_traced-actor-flight")).args(arguments).output().unwrap()
}

#[track_caller]
fn printed(arguments: &[&str]) -> String {
    let output = run(arguments);
    assert!(output.status.success(), "{output:?}");
    assert!(output.stderr.is_empty(), "{output:?}");
    String::from_utf8(output.stdout).unwrap()
}

#[track_caller]
fn refused(arguments: &[&str]) -> String {
    let output = run(arguments);
    assert!(!output.status.success() && output.stdout.is_empty(), "{output:?}");
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(said.starts_with("traced-actor-flight: "), "{said}");
    said
}

/// Counts the traces that a report draws.
fn traces(report: &str) -> usize {
    report.lines().filter(|line| line.starts_with("## Trace ")).count()
}

/// Writes a file with four orders, the last of which has not ended, and what a terminal would take for a command.
fn write(path: &Path) {
    let flight = Flight::builder().start().unwrap();
    flight.install().unwrap();
    let mut context = Context::from_waker(Waker::noop());
    let clear = "\u{1b}[2J";
    for order in
        [0, 1, 2].map(|number| Order::Place { number }).into_iter().chain([Order::Rename { name: clear }])
    {
        assert!(pin!(Shop.handle(order)).poll(&mut context).is_ready());
    }
    let mut shop = Shop;
    let mut open = pin!(shop.handle(Order::Place { number: 3 }));
    assert!(open.as_mut().poll(&mut context).is_pending());
    flight.dump(path).unwrap();
}

#[test]
fn a_file_is_printed_and_converted() {
    let path = env::temp_dir().join(format!("traced-actor-flight-{}-program", process::id()));
    write(&path);
    let file = path.to_str().unwrap();

    let report = printed(&[file]);
    assert_eq!(report, printed(&["print", file]));
    let first = report.lines().next().unwrap();
    let expected = format!("process {}, asked: 4 messages have ended, 1 had not", process::id());
    assert!(first.to_lowercase().starts_with(&expected), "{first}");
    assert!(report.contains("Shop/Place ✗ out of stock") && report.contains("number=3"), "{report}");
    assert!(!report.contains('\u{1b}'), "no command for the terminal");
    assert_eq!(traces(&report), 5);
    assert_eq!(traces(&printed(&["--traces", "2", file])), 2);
    assert_eq!(traces(&printed(&["print", file, "--traces", "0"])), 0);

    let otlp = printed(&["otlp", file]);
    assert_eq!(otlp.matches("\"traceId\"").count(), 5);
    assert_eq!(otlp.matches("flight.open").count(), 1);
    assert!(otlp.contains("unknown_service"));
    assert!(printed(&["otlp", "--service", "a \"shop\"", file]).contains(r#""a \"shop\"""#));
    let chrome = printed(&["chrome", file]);
    assert_eq!((chrome.matches("\"ph\":\"X\"").count(), chrome.matches("\"ph\":\"B\"").count()), (4, 1));
    for json in [otlp, chrome] {
        assert!(json.contains(r"\u001b[2J") && !json.contains('\u{1b}'), "{json}");
    }

    // A reader that hangs up, as `head` does.
    let mut child = Command::new(env!("CARGO_BIN_EXE_traced-actor-flight"))
        .args(["otlp", file])
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    drop(child.stdout.take());
    assert!(child.wait().unwrap().success());

    assert!(refused(&["sing", file]).contains("usage:"));
    assert!(refused(&[file, "--traces"]).contains("usage:"));
    assert!(refused(&["--traces", "many", file]).contains("invalid digit"));
    fs::write(&path, "this is a text").unwrap();
    assert!(refused(&[file]).contains("no file of a flight recorder"));
    fs::remove_file(&path).unwrap();
    assert!(refused(&[file]).contains("No such file") || cfg!(not(unix)));
    assert!(refused(&[]).contains("usage:"));
    assert!(printed(&["--help"]).contains("usage:"));
}
