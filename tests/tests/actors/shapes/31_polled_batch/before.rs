//! The mailbox is polled by hand for many messages, and each goes to the handler.

use std::future::poll_fn;
use tokio::sync::mpsc;

enum Sound {
    Note(u8),
    Rest,
}

struct Mixer {
    sounds: mpsc::Receiver<Sound>,
    volume: u8,
}

impl Mixer {
    async fn run(mut self) -> u8 {
        let mut batch = Vec::new();
        while poll_fn(|cx| self.sounds.poll_recv_many(cx, &mut batch, 8)).await > 0 {
            for sound in batch.drain(..) {
                self.mix(sound).await;
            }
        }
        self.volume
    }

    async fn mix(&mut self, sound: Sound) {
        match sound {
            Sound::Note(volume) => self.volume = volume,
            Sound::Rest => {}
        }
    }
}

pub async fn exercise() -> Vec<String> {
    let (player, sounds) = mpsc::channel(4);
    player.send(Sound::Note(7)).await.ok().unwrap();
    player.send(Sound::Rest).await.ok().unwrap();
    drop(player);
    vec![tokio::spawn(Mixer { sounds, volume: 0 }.run()).await.unwrap().to_string()]
}
