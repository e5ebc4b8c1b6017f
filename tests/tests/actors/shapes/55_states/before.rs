//! Each state has its own loop over the same mailbox.

use tokio::sync::mpsc;

enum Input {
    Login,
    Post,
    Logout,
}

struct Session {
    inputs: mpsc::Receiver<Input>,
    posts: u32,
}

impl Session {
    async fn run(mut self) -> u32 {
        while self.logged_out().await {
            self.logged_in().await;
        }
        self.posts
    }

    async fn logged_out(&mut self) -> bool {
        while let Some(input) = self.inputs.recv().await {
            if let Input::Login = input {
                return true;
            }
        }
        false
    }

    async fn logged_in(&mut self) {
        while let Some(input) = self.inputs.recv().await {
            match input {
                Input::Post => self.posts += 1,
                Input::Logout => return,
                Input::Login => {}
            }
        }
    }
}

pub async fn exercise() -> Vec<String> {
    let (user, inputs) = mpsc::channel(4);
    for input in [Input::Login, Input::Post, Input::Logout] {
        user.send(input).await.ok().unwrap();
    }
    drop(user);
    vec![tokio::spawn(Session { inputs, posts: 0 }.run()).await.unwrap().to_string()]
}
