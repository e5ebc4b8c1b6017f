//! The story: starts the servers and the processes, lets a client post, and collects the spans.

use std::fs;

use traced_actor::record::FinishedSpan;
use traced_actor_example_shared::process::Process;
use traced_actor_messaging_brokers_tests::{Browser, Folder, postgres};

use crate::Failure;
use crate::arguments::Arguments;
use crate::broker::Broker;
use crate::database;
use crate::post::MANY;
use crate::report::Report;
use crate::settings::{Role, Settings, Slow};

/// Runs the chain, and returns the report. Everything that it started ends when it returns, or when this process ends
/// in another way.
pub(crate) async fn play(arguments: &Arguments) -> Result<String, Failure> {
    let missing = "run crates/messaging/brokers/install, which installs what is missing";
    let server = postgres().ok_or(missing)?;
    let broker = Broker::start(arguments.mock_kafka).await?;
    let folder = Folder::create();
    let logs = arguments.logs.clone().unwrap_or_else(|| folder.path().to_owned());
    fs::create_dir_all(&logs)?;
    let mut settings = Settings {
        kafka: broker.servers(),
        database: format!("postgres://test@127.0.0.1:{}/postgres", server.port()),
        logs,
        slow: arguments.slow,
        ..Settings::default()
    };
    let pool = database::connect(&settings.database).await?;
    database::create(&pool, arguments.slow == Some(Slow::Database)).await?;

    let push = start(Role::Push, &settings)?;
    settings.push = push.wait_for_value("listens")?;
    let gateway = start(Role::Gateway, &settings)?;
    settings.gateway = gateway.wait_for_value("listens")?;

    let mut spans = Vec::new();
    settings.first = 1;
    let consumer = if arguments.old_consumer {
        let old = start(Role::OldConsumer, &settings)?;
        old.wait_for("assigned", 0)?;
        spans.extend(post(arguments, &settings, &gateway)?);
        old.wait_for(&format!("archived {MANY}"), 0)?;
        spans.extend(old.end()?.0);
        // The posts wait in Kafka until the next consumer is there.
        settings.first += MANY;
        spans.extend(post(arguments, &settings, &gateway)?);
        start(Role::Consumer, &settings)?
    } else {
        let consumer = start(Role::Consumer, &settings)?;
        consumer.wait_for("assigned", 0)?;
        spans.extend(post(arguments, &settings, &gateway)?);
        consumer
    };
    let sent = settings.first + MANY - 1;
    push.wait_for(&format!("pushed {sent}"), 0)?;
    for process in [gateway, consumer, push] {
        spans.extend(process.end()?.0);
    }
    let stored = database::count(&pool).await?;
    pool.close().await;
    let shown = if arguments.slow.is_some() { 1 } else { sent };
    Report { spans, sent, stored, shown, old_consumer: arguments.old_consumer, logs: settings.logs }.text()
}

fn start(role: Role, settings: &Settings) -> Result<Process, Failure> {
    Process::start(role.name(), |command| settings.tell(role, command))
}

/// Lets a client post, and waits for its replies. Returns its spans if it is a process of this program.
fn post(arguments: &Arguments, settings: &Settings, gateway: &Process) -> Result<Vec<FinishedSpan>, Failure> {
    let last = format!("reported {}", settings.first + MANY - 1);
    let page = format!("http://{}/?first={}&many={MANY}", settings.gateway, settings.first);
    let browser = if arguments.plain_client { None } else { Browser::open(&page) };
    if browser.is_some() {
        gateway.wait_for(&last, 0)?;
        return Ok(Vec::new());
    }
    let client = start(Role::Client, settings)?;
    client.wait_for(&last, 0)?;
    Ok(client.end()?.0)
}
