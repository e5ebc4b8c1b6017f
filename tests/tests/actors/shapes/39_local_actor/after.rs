//! The actor cannot leave its thread.

use std::cell::RefCell;
use std::rc::Rc;
use traced_actor::sync::mpsc;

#[traced_actor::traced_actor]
enum Line {
    Run(&'static str),
}

struct Script {
    lines: mpsc::Receiver<Line>,
    output: Rc<RefCell<Vec<String>>>,
}

#[traced_actor::traced_actor]
impl Script {
    async fn run(mut self) {
        while let Some(line) = self.lines.recv().await {
            self.eval(line).await;
        }
    }

    async fn eval(&mut self, line: Line) {
        let output = Rc::clone(&self.output);
        tokio::task::yield_now().await;
        let Line::Run(text) = line;
        output.borrow_mut().push(text.to_owned());
    }
}

pub async fn exercise() -> Vec<String> {
    let (editor, lines) = mpsc::channel(4);
    let output = Rc::new(RefCell::new(Vec::new()));
    let local = tokio::task::LocalSet::new();
    local.spawn_local(Script { lines, output: Rc::clone(&output) }.run());
    for text in ["a", "b"] {
        editor.send(Line::Run(text)).await.ok().unwrap();
    }
    drop(editor);
    local.await;
    output.take()
}
