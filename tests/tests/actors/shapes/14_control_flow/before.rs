//! The handler says whether to go on.

use std::ops::ControlFlow;
use tokio::sync::mpsc;

enum Button {
    Up,
    Halt,
}

struct Lift {
    floor: u8,
}

impl Lift {
    async fn run(mut self, mut buttons: mpsc::Receiver<Button>) -> u8 {
        while let Some(button) = buttons.recv().await {
            if self.press(button).await.is_break() {
                break;
            }
        }
        self.floor
    }

    async fn press(&mut self, button: Button) -> ControlFlow<()> {
        match button {
            Button::Up => self.floor += 1,
            Button::Halt => return ControlFlow::Break(()),
        }
        ControlFlow::Continue(())
    }
}

pub async fn exercise() -> Vec<String> {
    let (buttons, receiver) = mpsc::channel(4);
    for button in [Button::Up, Button::Up, Button::Halt] {
        buttons.send(button).await.ok().unwrap();
    }
    vec![tokio::spawn(Lift { floor: 0 }.run(receiver)).await.unwrap().to_string()]
}
