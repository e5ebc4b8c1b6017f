//! Messages whose shape an attribute changes, and their actors.

#![deny(warnings)]

use reshape::grow;
use traced_actor::sync::mpsc;
use traced_actor::{testkit, traced_actor};

#[traced_actor]
#[grow((u8))]
enum Tuple {
    Open,
    Close,
}

#[traced_actor]
#[grow({ weight: u8 })]
enum Named {
    Open,
    #[traced(name = "Shut")]
    Close,
}

#[traced_actor]
#[grow((u8))]
struct Parcel;

/// The attribute above is expanded first, so that the fields can be named.
#[grow((u8))]
#[traced_actor]
enum Above {
    #[traced(fields(weight = *_0))]
    Open,
}

/// Receives tuples, and sends a parcel for each.
struct Gate(mpsc::Sender<Parcel>);

#[traced_actor]
impl Gate {
    async fn run(self, mut tuples: mpsc::Receiver<Tuple>) {
        while let Some(tuple) = tuples.recv().await {
            self.handle(tuple).await.unwrap_or_else(drop);
        }
    }

    async fn handle(&self, tuple: Tuple) -> Result<(), String> {
        match tuple {
            Tuple::Open(weight) => self.0.send(Parcel(weight)).await.map_err(|error| error.to_string()),
            Tuple::Close(weight) => Err(format!("closed at {weight}")),
        }
    }
}

#[traced_actor(name = "Parcels")]
async fn weigh(mut parcels: mpsc::Receiver<Parcel>) -> u8 {
    let mut sum = 0;
    while let Some(Parcel(weight)) = parcels.recv().await {
        sum += weight;
    }
    sum
}

#[traced_actor(name = "OnNamed")]
fn on_named(named: Named) -> u8 {
    match named {
        Named::Open { weight } | Named::Close { weight } => weight,
    }
}

#[traced_actor(name = "OnAbove")]
fn on_above(Above::Open(weight): Above) -> u8 {
    weight
}

#[tokio::test]
async fn messages_of_another_shape_are_handled() {
    let spans = testkit::record();
    let (sender, tuples) = mpsc::channel(4);
    let (parcel, parcels) = mpsc::channel(4);
    sender.send(Tuple::Open(2)).await.unwrap_or_else(drop);
    sender.send(Tuple::Close(3)).await.unwrap_or_else(drop);
    drop(sender);
    Gate(parcel).run(tuples).await;
    assert_eq!(weigh(parcels).await, 2);
    assert_eq!(on_named(Named::Open { weight: 4 }) + on_named(Named::Close { weight: 5 }), 9);
    assert_eq!(on_above(Above::Open(6)), 6);
    testkit::assert_tree!(
        spans,
        "
        Gate/Close error=\"closed at 3\"
        Gate/Open
          Parcels/Parcel
        OnAbove/Open weight=6
        OnNamed/Open
        OnNamed/Shut
        "
    );
}
