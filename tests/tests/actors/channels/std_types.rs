//! Messages that nobody annotates: those of std, and what stands beside or around an annotated one.

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::Instant;

use traced_actor::record::{FinishedSpan, OwnedAttribute};
use traced_actor::sync::{mpsc, oneshot};
use traced_actor::{Message, traced_actor};

use super::{handling, spans};

#[traced_actor]
enum Order {
    #[traced(fields(cups))]
    Brew {
        cups: u64,
    },
    #[traced(skip)]
    Wait,
    Stop,
}

/// A type that is not annotated, but named where its actor is.
struct Said(&'static str);

mod elsewhere {
    pub(super) enum Row {
        First,
        Second,
    }
}

fn kind(message: &impl Message) -> &'static str {
    message.kind().name()
}

fn reply() -> oneshot::Sender<u8> {
    oneshot::channel().0
}

const HOST: SocketAddr = SocketAddr::new(std::net::IpAddr::V4(Ipv4Addr::LOCALHOST), 1);

#[test]
fn a_type_of_std_is_named_by_its_name() {
    assert_eq!(kind(&()), "()");
    assert_eq!(kind(&7_u64), "u64");
    assert_eq!(kind(&"text"), "&str");
    assert_eq!(kind(&String::new()), "String");
    assert_eq!(kind(&vec![1_u8]), "Vec<u8>");
    assert_eq!(kind(&Vec::<Said>::new()), "Vec<Said>");
    assert_eq!(kind(&[Said("a"), Said("b")]), "[Said; 2]");
    assert_eq!(kind(&Some(Said("a"))), "Said");
    assert_eq!(kind(&Err::<Said, _>(std::fmt::Error)), "Said");
    assert_eq!(kind(&HOST), "SocketAddr");
    assert_eq!(kind(&std::collections::HashMap::<u8, Said>::new()), "HashMap<u8, Said>");
    assert_eq!(kind(&reply()), "Sender");
    assert_eq!(kind(&std::io::Error::other("full")), "Error");
    let anything: Box<dyn std::any::Any + Send> = Box::new(7);
    assert_eq!(kind(&anything), "Any");
    let failure: Box<dyn std::error::Error + Send + Sync> = "full".into();
    assert_eq!(kind(&failure), "Error");
}

#[test]
fn a_boxed_closure_is_read_whole() {
    let job: Box<dyn FnOnce() + Send> = Box::new(|| ());
    assert_eq!(kind(&job), "FnOnce()");
    type Measure = Box<dyn FnOnce(&mut Vec<u8>) -> usize + Send>;
    let job: Measure = Box::new(|bytes| bytes.len());
    assert_eq!(kind(&job), "FnOnce(&mut Vec<u8>) -> usize");
    let job: Box<dyn FnMut(&mut Said) + Send + 'static> = Box::new(|_| ());
    assert_eq!(kind(&job), "FnMut(&mut Said)");
    let job: Box<dyn FnOnce(&Said) -> u8 + Send> = Box::new(|_| 1);
    assert_eq!(kind(&job), "FnOnce(&Said) -> u8");
    let job: Arc<dyn Fn() -> u8 + Send + Sync> = Arc::new(|| 1);
    assert_eq!(kind(&job), "Fn() -> u8");
    let future: std::pin::Pin<Box<dyn Future<Output = u8> + Send>> = Box::pin(async { 1 });
    assert_eq!(kind(&future), "Future");
}

#[test]
fn a_tuple_is_the_command_in_it() {
    let brew = || Order::Brew { cups: 1 };
    assert_eq!(kind(&(brew(), reply())), "Brew");
    assert_eq!(kind(&(reply(), Order::Stop)), "Stop");
    assert_eq!(kind(&(HOST, Order::Stop)), "Stop");
    assert_eq!(kind(&(7_u16, Order::Stop)), "Stop");
    assert_eq!(kind(&(String::new(), brew(), Instant::now(), reply())), "Brew");
    assert_eq!(kind(&Box::new((brew(), reply()))), "Brew");
    assert_eq!(kind(&std::rc::Rc::new(brew())), "Brew");
    assert_eq!(kind(&(Arc::new(brew()), mpsc::channel::<u8>(1).0)), "Brew");
    assert_eq!(kind(&(brew(), (Instant::now(), reply()))), "Brew");
    // One of std's is said where nothing else is, and none where each could be it.
    assert_eq!(kind(&(String::new(), reply())), "String");
    assert_eq!(kind(&(String::new(), vec![Said("a")])), "(String, Vec<Said>)");
    assert_eq!(kind(&(brew(), Order::Stop)), "(Order, Order)");
    assert_eq!(kind(&(reply(), reply())), "(Sender, Sender)");
}

/// Receives each message in a span, with what its type says of it.
#[traced_actor(name = "StdTypes")]
async fn drain<M>(mut inbox: mpsc::Receiver<M>) -> usize {
    let mut count = 0;
    while let Some(_message) = inbox.recv().await {
        count += 1;
    }
    count
}

#[tokio::test]
async fn what_a_tuple_holds_has_its_fields_and_its_options() {
    let (sender, inbox) = mpsc::channel(8);
    let cause = handling(async {
        for order in [Order::Brew { cups: 3 }, Order::Wait, Order::Stop] {
            sender.send((order, reply())).await.ok().unwrap();
        }
    })
    .await;
    drop(sender);
    assert_eq!(tokio::spawn(drain(inbox)).await.unwrap(), 3);
    let spans = spans("StdTypes");
    let names: Vec<_> = spans.iter().map(|span| span.name).collect();
    assert_eq!(names, ["StdTypes/Brew", "StdTypes/Stop"], "the one that is skipped has none");
    let mode = |span: &FinishedSpan| span.attribute("actor.message.mode").cloned();
    assert!(spans.iter().all(|span| mode(span) == Some(OwnedAttribute::Str("call".to_owned()))), "{spans:?}");
    assert!(spans.iter().all(|span| span.parent == Some(cause)));
    assert_eq!(spans[0].attribute("cups"), Some(&OwnedAttribute::Int(3)));
}

struct Speaker {
    said: mpsc::Receiver<Said>,
    rows: mpsc::UnboundedReceiver<elsewhere::Row>,
    words: Vec<&'static str>,
}

#[traced_actor(by_type(Said, elsewhere::Row))]
impl Speaker {
    async fn run(mut self) -> Vec<&'static str> {
        loop {
            tokio::select! {
                biased;
                Some(Said(word)) = self.said.recv() => self.words.push(word),
                Some(row) = self.rows.recv() => match row {
                    elsewhere::Row::First => self.words.push("first"),
                    elsewhere::Row::Second => self.words.push("second"),
                },
                else => break self.words,
            }
        }
    }
}

struct Plain(u8);

#[traced_actor(name = "PlainLoop", by_type(Plain))]
async fn plain_loop(mut inbox: mpsc::Receiver<Plain>) -> u8 {
    let mut sum = 0;
    while let Some(Plain(n)) = inbox.recv().await {
        sum += n;
    }
    sum
}

#[tokio::test]
async fn types_that_the_actor_names_need_no_attribute() {
    let (say, said) = mpsc::channel(4);
    let (row, rows) = mpsc::unbounded_channel();
    let (plain, inbox) = mpsc::channel(4);
    let cause = handling(async {
        say.send(Said("hello")).await.ok().unwrap();
        row.send(elsewhere::Row::First).ok().unwrap();
        row.send(elsewhere::Row::Second).ok().unwrap();
        plain.send(Plain(3)).await.ok().unwrap();
    })
    .await;
    drop((say, row, plain));
    let words = tokio::spawn(Speaker { said, rows, words: Vec::new() }.run()).await.unwrap();
    assert_eq!(words, ["hello", "first", "second"]);
    assert_eq!(tokio::spawn(plain_loop(inbox)).await.unwrap(), 3);
    let found = [spans("Speaker"), spans("PlainLoop")].concat();
    let names: Vec<_> = found.iter().map(|span| span.name).collect();
    assert_eq!(names, ["Speaker/Said", "Speaker/Row", "Speaker/Row", "PlainLoop/Plain"]);
    assert!(found.iter().all(|span| span.parent == Some(cause)));
}

struct Kept<T>(T);

trait Chore: Send {
    fn seconds(&self) -> u64;
}

impl Chore for u64 {
    fn seconds(&self) -> u64 {
        *self
    }
}

struct Larder<'a, T, const N: usize> {
    kept: mpsc::Receiver<Kept<T>>,
    chores: mpsc::UnboundedReceiver<Box<dyn Chore>>,
    name: &'a str,
    sum: [u64; N],
}

#[traced_actor(by_type(Kept<T>, dyn Chore))]
impl<'a, T: Into<u64>, const N: usize> Larder<'a, T, N>
where
    T: Copy,
    [u64; N]: Sized,
{
    async fn run(mut self) -> (&'a str, [u64; N]) {
        loop {
            tokio::select! {
                biased;
                Some(Kept(n)) = self.kept.recv() => self.sum[0] += n.into(),
                Some(chore) = self.chores.recv() => self.sum[N - 1] += chore.seconds(),
                else => break (self.name, self.sum),
            }
        }
    }
}

#[tokio::test]
async fn the_types_may_be_generic_and_traits() {
    let (keep, kept) = mpsc::channel(4);
    let (chore, chores) = mpsc::unbounded_channel::<Box<dyn Chore>>();
    let cause = handling(async {
        keep.send(Kept(7_u32)).await.ok().unwrap();
        chore.send(Box::new(30)).ok().unwrap();
    })
    .await;
    drop((keep, chore));
    let larder = Larder { kept, chores, name: "cellar", sum: [0; 2] };
    assert_eq!(tokio::spawn(larder.run()).await.unwrap(), ("cellar", [7, 30]));
    let found = spans("Larder");
    let names: Vec<_> = found.iter().map(|span| span.name).collect();
    assert_eq!(names, ["Larder/Kept", "Larder/Chore"]);
    assert!(found.iter().all(|span| span.parent == Some(cause)));
}

#[test]
fn a_message_that_is_named_says_nothing_else() {
    assert_eq!(kind(&Said("a")), "Said");
    assert_eq!(Said("a").fanout(), None);
    assert_eq!(kind(&(Said("a"), reply())), "Said");
}
