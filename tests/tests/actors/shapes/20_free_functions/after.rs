//! No impl at all: a free loop and a free handler over a state.

use traced_actor::sync::mpsc;

#[traced_actor::traced_actor]
enum Edit {
    Put(u8),
    Drop,
}

#[derive(Default)]
struct State {
    bytes: Vec<u8>,
}

#[traced_actor::traced_actor]
async fn run(mut edits: mpsc::Receiver<Edit>) -> usize {
    let mut state = State::default();
    while let Some(edit) = edits.recv().await {
        on_edit(&mut state, edit);
    }
    state.bytes.len()
}

#[traced_actor::traced_actor]
fn on_edit(state: &mut State, edit: Edit) {
    match edit {
        Edit::Put(byte) => state.bytes.push(byte),
        Edit::Drop => state.bytes.clear(),
    }
}

pub async fn exercise() -> Vec<String> {
    let (editor, edits) = mpsc::channel(4);
    editor.send(Edit::Put(1)).await.ok().unwrap();
    editor.send(Edit::Drop).await.ok().unwrap();
    drop(editor);
    vec![tokio::spawn(run(edits)).await.unwrap().to_string()]
}
