//! The source of a crate with this many actors.

use std::fmt::Write as _;

/// The attribute on the messages and the actors.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Neither,
    Derives,
    Attribute,
}

impl Kind {
    pub(crate) const ALL: [Self; 3] = [Self::Neither, Self::Derives, Self::Attribute];

    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Neither => "neither",
            Self::Derives => "derives",
            Self::Attribute => "attribute",
        }
    }

    const fn on_message(self) -> &'static str {
        match self {
            Self::Neither => "",
            Self::Derives => "#[derive(serde::Serialize, serde::Deserialize)]",
            Self::Attribute => "#[traced_actor::traced_actor]",
        }
    }

    const fn on_actor(self) -> &'static str {
        match self {
            Self::Neither | Self::Derives => "",
            Self::Attribute => "#[traced_actor::traced_actor]",
        }
    }

    const fn channel(self) -> &'static str {
        match self {
            Self::Neither | Self::Derives => "tokio::sync::mpsc",
            Self::Attribute => "traced_actor::sync::mpsc",
        }
    }
}

const VARIANTS: usize = 50;

/// The library. `revision` is a number in one handler.
pub(crate) fn library(kind: Kind, actors: usize, revision: u32) -> String {
    let mut text = String::new();
    for actor in 0..actors {
        let revision = if actor == 0 { revision } else { 0 };
        let (message, on_actor, channel) = (kind.on_message(), kind.on_actor(), kind.channel());
        let _ = writeln!(
            text,
            "pub mod actor{actor} {{
    use {channel} as mpsc;
    {message}
    pub enum Message {{{}
    }}
    pub struct Actor {{ pub receiver: mpsc::Receiver<Message>, pub sum: u64 }}
    {on_actor}
    impl Actor {{
        pub async fn run(mut self) {{
            while let Some(message) = self.receiver.recv().await {{
                self.handle_message(message).await;
            }}
        }}
        async fn handle_message(&mut self, message: Message) {{
            self.sum += {revision};
            match message {{{}
            }}
        }}
    }}
}}",
            variants(),
            arms(),
        );
    }
    text
}

/// Three shapes in turn: a name alone, named fields, unnamed fields.
fn variants() -> String {
    let variant = |number: usize| match number % 3 {
        0 => format!("\n        Unit{number},"),
        1 => format!("\n        Struct{number} {{ user: u64, name: String, members: Vec<u64> }},"),
        _ => format!("\n        Tuple{number}(u64, String),"),
    };
    (0..VARIANTS).map(variant).collect()
}

fn arms() -> String {
    let arm = |number: usize| match number % 3 {
        0 => format!("\n                Message::Unit{number} => self.sum += 1,"),
        1 => format!(
            "\n                Message::Struct{number} {{ user, name, members }} => \
             self.sum += user + name.len() as u64 + members.len() as u64,"
        ),
        _ => format!(
            "\n                Message::Tuple{number}(user, name) => self.sum += user + name.len() as u64,"
        ),
    };
    (0..VARIANTS).map(arm).collect()
}
