//! Shows in a terminal what the actors of a process are doing, like `top` shows processes.
//!
//! `traced-actor-top 127.0.0.1:4319` reads the viewer's API once per second. A token is read from
//! `TRACED_ACTOR_VIEWER_TOKEN`. `q` quits, `s` changes the order, `↓` and `↑` scroll.

mod client;
mod draw;
#[path = "../../text.rs"]
mod text;
mod view;

use std::process::ExitCode;
use std::time::{Duration, Instant};

use ratatui::crossterm::event::{self, Event, KeyCode, KeyEventKind};

use client::Client;
use view::View;

const PERIOD: Duration = Duration::from_secs(1);

fn main() -> ExitCode {
    let Some(address) = std::env::args().nth(1).filter(|address| !address.starts_with('-')) else {
        eprintln!("usage: traced-actor-top ADDRESS, that of the viewer: 127.0.0.1:4319");
        return ExitCode::FAILURE;
    };
    let client = Client::new(&address, std::env::var("TRACED_ACTOR_VIEWER_TOKEN").ok());
    // Errors in the address are reported before the screen is taken over.
    if let Err(error) = client.get("/api/status") {
        eprintln!("{address}: {error}");
        return ExitCode::FAILURE;
    }
    let mut terminal = ratatui::init();
    let result = run(&mut terminal, &client);
    ratatui::restore();
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

fn run(terminal: &mut ratatui::DefaultTerminal, client: &Client) -> std::io::Result<()> {
    let mut view = View::default();
    let mut next = Instant::now();
    loop {
        if Instant::now() >= next {
            view.update(client.get("/api/actors"), client.get("/api/open?older_ms=1000&most=20"));
            next = Instant::now() + PERIOD;
        }
        terminal.draw(|frame| draw::draw(frame, &view))?;
        if !event::poll(next.saturating_duration_since(Instant::now()))? {
            continue;
        }
        if let Event::Key(key) = event::read()?
            && key.kind == KeyEventKind::Press
        {
            match key.code {
                KeyCode::Char('q') | KeyCode::Esc => return Ok(()),
                KeyCode::Char('s') => view.next_order(),
                KeyCode::Down | KeyCode::Char('j') => view.scroll(1),
                KeyCode::Up | KeyCode::Char('k') => view.scroll(-1),
                _ => {}
            }
        }
    }
}
