//! Shows in a terminal what the actors of a process are doing, like `top` shows processes.
//!
//! `traced-actor-top 127.0.0.1:4319` reads the viewer's API once per second. A token is read from
//! `TRACED_ACTOR_VIEWER_TOKEN`. `q` quits, `s` and `S` change the order, `↓` and `↑` scroll.

#[path = "../../address.rs"]
mod address;
mod client;
mod draw;
mod keys;
#[path = "../../text.rs"]
mod text;
mod view;

use std::io::{self, IsTerminal};
use std::process::ExitCode;
use std::sync::mpsc::{self, Receiver, SyncSender, TryRecvError};
use std::thread;
use std::time::{Duration, Instant};

use ratatui::DefaultTerminal;
use ratatui::crossterm::event::{self, Event};
use serde_json::Value;

use client::Client;
use keys::{Act, act};
use view::View;

const PERIOD: Duration = Duration::from_secs(1);
/// The time between two draws while no key is pressed.
const TICK: Duration = Duration::from_millis(100);

const USAGE: &str = "usage: traced-actor-top ADDRESS, that of the viewer: 127.0.0.1:4319
A token is in TRACED_ACTOR_VIEWER_TOKEN.";

fn main() -> ExitCode {
    let address = std::env::args().nth(1);
    if address.as_ref().is_some_and(|address| address == "--help" || address == "-h") {
        println!("{USAGE}");
        return ExitCode::SUCCESS;
    }
    let Some(address) = address.filter(|address| !address.starts_with('-')) else {
        eprintln!("{USAGE}");
        return ExitCode::FAILURE;
    };
    match run(&address) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

fn run(address: &str) -> io::Result<()> {
    let client = Client::new(address, std::env::var("TRACED_ACTOR_VIEWER_TOKEN").ok());
    // An error of the address is reported before the screen is taken.
    client.get("/api/status").map_err(|error| io::Error::other(format!("{address}: {error}")))?;
    if !io::stdout().is_terminal() {
        return Err(io::Error::other("the output is no terminal; GET /api/slow is the same as text"));
    }
    let (sender, answers) = mpsc::sync_channel(1);
    // A separate thread asks, so that keys work while the process does not answer.
    thread::spawn(move || ask(&client, &sender));
    let mut terminal = ratatui::try_init()?;
    let result = show(&mut terminal, &answers);
    ratatui::restore();
    result
}

/// The answers about the actors and about the open work.
type Answers = [io::Result<Value>; 2];

/// Asks once a second, until nobody listens.
fn ask(client: &Client, sender: &SyncSender<Answers>) {
    loop {
        let since = Instant::now();
        let answers = [client.get("/api/actors"), client.get("/api/open?older_ms=1000&most=20")];
        if sender.send(answers).is_err() {
            return;
        }
        thread::sleep(PERIOD.saturating_sub(since.elapsed()));
    }
}

fn show(terminal: &mut DefaultTerminal, answers: &Receiver<Answers>) -> io::Result<()> {
    let mut view = View::default();
    loop {
        match answers.try_recv() {
            Ok([now, open]) => view.update(now, open),
            Err(TryRecvError::Empty) => {}
            Err(TryRecvError::Disconnected) => return Err(io::Error::other("nobody asks any more")),
        }
        terminal.draw(|frame| draw::draw(frame, &view))?;
        if !event::poll(TICK)? {
            continue;
        }
        if let Event::Key(key) = event::read()? {
            match act(key) {
                Some(Act::End) => return Ok(()),
                Some(Act::Order(steps)) => view.change_order(steps),
                Some(Act::Scroll(rows)) => view.scroll(rows),
                None => {}
            }
        }
    }
}
