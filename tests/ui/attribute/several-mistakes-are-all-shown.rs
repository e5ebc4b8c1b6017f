use traced_actor::traced_actor;

#[traced_actor(nam = "Guild", hop_limit = 0)]
enum Message {
    #[traced(sampel = 0.5)]
    Tick,
    #[traced(fields(chanel))]
    Post { channel: u64 },
}

fn main() {}
