//! Prints and converts files of a flight recorder.

use std::error::Error;
use std::io::{self, Write};
use std::process::ExitCode;

use traced_actor_flight::FlightFile;

const USAGE: &str = "\
usage: traced-actor-flight [print|otlp|chrome] FILE

  print    open work, the last message of each actor, what each thread did, and waterfalls (default)
  otlp     the messages as OTLP's JSON
  chrome   the messages as trace events, for Perfetto and chrome://tracing

options of print: --traces N   how many traces are drawn (default: 10)
options of otlp:  --service NAME   the service's name";

fn main() -> ExitCode {
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("traced-actor-flight: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run() -> Result<(), Box<dyn Error>> {
    let (mut words, mut traces, mut service) = (Vec::new(), 10, "unknown_service".to_owned());
    let mut arguments = std::env::args().skip(1);
    while let Some(argument) = arguments.next() {
        match &*argument {
            "--traces" => traces = arguments.next().ok_or(USAGE)?.parse()?,
            "--service" => service = arguments.next().ok_or(USAGE)?,
            "--help" | "-h" => {
                println!("{USAGE}");
                return Ok(());
            }
            _ => words.push(argument),
        }
    }
    let (command, path) = match &words[..] {
        [path] => ("print", path),
        [command, path] => (&**command, path),
        _ => return Err(USAGE.into()),
    };
    let convert = |file: FlightFile| {
        Ok(match command {
            "print" => file.report(traces),
            "otlp" => file.to_otlp_json(&service),
            "chrome" => file.to_chrome_json(),
            _ => return Err(USAGE),
        })
    };
    let text = convert(FlightFile::open(path)?)?;
    match io::stdout().write_all(text.as_bytes()) {
        // As with `| head`.
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        result => Ok(result?),
    }
}
