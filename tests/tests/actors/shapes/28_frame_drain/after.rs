//! A frame of a game takes what is there and goes on.

use traced_actor::sync::mpsc;

#[traced_actor::traced_actor]
enum Input {
    Move(i32),
    Spawn,
}

struct Scene {
    inputs: mpsc::UnboundedReceiver<Input>,
    x: i32,
    entities: usize,
}

#[traced_actor::traced_actor]
impl Scene {
    fn frame(&mut self) {
        while let Ok(input) = self.inputs.try_recv() {
            match input {
                Input::Move(by) => self.x += by,
                Input::Spawn => self.entities += 1,
            }
        }
    }
}

pub async fn exercise() -> Vec<String> {
    let (player, inputs) = mpsc::unbounded_channel();
    let mut scene = Scene { inputs, x: 0, entities: 0 };
    player.send(Input::Move(2)).ok().unwrap();
    player.send(Input::Move(3)).ok().unwrap();
    scene.frame();
    player.send(Input::Spawn).ok().unwrap();
    scene.frame();
    scene.frame();
    vec![format!("{} {}", scene.x, scene.entities)]
}
