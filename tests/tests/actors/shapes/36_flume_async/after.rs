//! flume in a task.

use traced_actor_channels::flume;

#[traced_actor::traced_actor]
struct Stop {
    riders: u32,
}

#[traced_actor::traced_actor(name = "Bus")]
async fn drive(stops: flume::Receiver<Stop>) -> u32 {
    let mut riders = 0;
    while let Ok(stop) = stops.recv_async().await {
        riders += stop.riders;
    }
    riders
}

pub async fn exercise() -> Vec<String> {
    let (line, stops) = flume::bounded(4);
    for riders in [5, 6] {
        line.send_async(Stop { riders }).await.ok().unwrap();
    }
    drop(line);
    vec![tokio::spawn(drive(stops)).await.unwrap().to_string()]
}
