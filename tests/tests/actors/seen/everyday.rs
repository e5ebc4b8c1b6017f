//! Loops, handlers and helpers as they are found in public code: each in one actor with the same messages.

#![allow(clippy::needless_continue, reason = "written as real code is")]

use std::collections::VecDeque;
use std::future::{Future, poll_fn};
use std::panic::AssertUnwindSafe;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::time::Duration;

use futures_util::future::{BoxFuture, Either, select};
use futures_util::{FutureExt, StreamExt};
use tokio::task::JoinSet;
use tokio::time::timeout;
use traced_actor::sync::stream::ReceiverStream;
use traced_actor::sync::{mpsc, oneshot};
use traced_actor::{TracedExt, traced_actor};

use super::{Note, check, check_notes, sent};

#[traced_actor]
pub(crate) enum Task {
    Do(u8),
    Fail,
    Stop,
}

impl Task {
    fn outcome(&self) -> Result<(), &'static str> {
        if matches!(self, Self::Fail) { Err("failed") } else { Ok(()) }
    }
}

/// A desk with these methods. Its span of the message that fails has this error.
macro_rules! desk {
    ($test:ident $name:literal, $error:expr; $($methods:tt)*) => {
        mod $test {
            use super::*;

            #[allow(dead_code, reason = "not every loop needs all of it")]
            pub(super) struct Desk {
                pub(super) inbox: mpsc::Receiver<Task>,
                pub(super) notes: mpsc::Sender<Note>,
                pub(super) done: u32,
            }

            #[traced_actor(name = $name)]
            impl Desk {
                $($methods)*
            }
        }

        #[tokio::test(start_paused = true)]
        async fn $test() {
            let inbox = sent(vec![Task::Do(1), Task::Fail, Task::Stop]).await;
            let (notes, mut noted) = mpsc::channel(8);
            let _ = tokio::spawn($test::Desk { inbox, notes, done: 0 }.run()).await.unwrap();
            check($name, &[("Do", None), ("Fail", $error), ("Stop", None)]);
            check_notes(&mut noted, 3);
        }
    };
}

/// The same with a handler that notes the message.
macro_rules! handled {
    ($test:ident $name:literal: $($methods:tt)*) => {
        desk! { $test $name, Some("failed");
            async fn handle(&mut self, task: Task) -> Result<(), &'static str> {
                tokio::task::yield_now().await;
                self.notes.send(Note).await.ok();
                task.outcome()
            }

            $($methods)*
        }
    };
}

/// The same without a handler: `note` is given nothing.
macro_rules! inline {
    ($test:ident $name:literal: $($methods:tt)*) => {
        desk! { $test $name, None;
            #[allow(dead_code, reason = "not every loop needs it")]
            async fn note(&mut self) {
                tokio::task::yield_now().await;
                self.done += 1;
                self.notes.send(Note).await.ok();
            }

            $($methods)*
        }
    };
}

// ----- loops without a handler -----

inline! { guards_in_a_match "DayGuards":
    pub(super) async fn run(mut self) {
        loop {
            match self.inbox.recv().await {
                Some(Task::Do(n)) if n > 9 => unreachable!(),
                Some(Task::Do(_) | Task::Fail) => self.note().await,
                Some(Task::Stop) => {
                    self.note().await;
                    break;
                }
                None => break,
            }
        }
    }
}

inline! { labelled_breaks "DayLabels":
    pub(super) async fn run(mut self) {
        'tasks: loop {
            let Some(task) = self.inbox.recv().await else { break 'tasks };
            for attempt in 0..3 {
                if attempt == 1 {
                    self.note().await;
                    if let Task::Stop = task {
                        break 'tasks;
                    }
                    continue 'tasks;
                }
            }
        }
    }
}

inline! { let_else_with_return "DayLetElse":
    pub(super) async fn run(mut self) -> u32 {
        loop {
            let Some(_task) = self.inbox.recv().await else { return self.done };
            self.note().await;
        }
    }
}

inline! { a_block_in_the_condition "DayCondition":
    pub(super) async fn run(mut self) {
        while let Some(_task) = {
            self.done += 1;
            self.inbox.recv().await
        } {
            self.note().await;
        }
    }
}

inline! { a_precondition_in_select "DayPrecondition":
    pub(super) async fn run(mut self) {
        let mut paused = true;
        let mut tick = tokio::time::interval(Duration::from_millis(5));
        loop {
            tokio::select! {
                biased;
                task = self.inbox.recv(), if !paused => {
                    let Some(_) = task else { break };
                    self.note().await;
                }
                _ = tick.tick() => paused = false,
            }
        }
    }
}

inline! { a_destructured_self "DayDestructured":
    pub(super) async fn run(self) {
        let Self { mut inbox, notes, .. } = self;
        while let Some(task) = inbox.recv().await {
            match task {
                Task::Do(_) | Task::Fail | Task::Stop => notes.send(Note).await.unwrap(),
            }
        }
    }
}

inline! { a_closure_that_makes_futures "DayClosure":
    pub(super) async fn run(mut self) {
        let notes = self.notes.clone();
        let note = |times: usize| {
            let notes = notes.clone();
            async move {
                for _ in 0..times {
                    notes.send(Note).await.ok();
                }
            }
        };
        while let Some(_task) = self.inbox.recv().await {
            note(1).await;
        }
    }
}

inline! { a_nested_function "DayNested":
    pub(super) async fn run(mut self) {
        async fn step(notes: &mpsc::Sender<Note>, task: Task) -> bool {
            notes.send(Note).await.ok();
            !matches!(task, Task::Stop)
        }
        while let Some(task) = self.inbox.recv().await {
            if !step(&self.notes, task).await {
                break;
            }
        }
    }
}

inline! { a_variable_that_is_refilled "DayRefilled":
    pub(super) async fn run(mut self) {
        let mut current = self.inbox.recv().await;
        while let Some(_task) = current {
            self.note().await;
            current = self.inbox.recv().await;
        }
    }
}

inline! { a_map_over_what_is_received "DayMapped":
    pub(super) async fn run(mut self) {
        while let Some(stops) = self.inbox.recv().await.map(|task| matches!(task, Task::Stop)) {
            self.note().await;
            if stops {
                break;
            }
        }
    }
}

inline! { joined_with_something_else "DayJoined":
    pub(super) async fn run(mut self) {
        loop {
            let (task, ()) = tokio::join!(self.inbox.recv(), tokio::time::sleep(Duration::from_millis(1)));
            if task.is_none() {
                break;
            }
            self.note().await;
        }
    }
}

inline! { a_select_of_futures "DayEither":
    pub(super) async fn run(mut self) {
        loop {
            let task = match select(pin!(self.inbox.recv()), pin!(tokio::time::sleep(Duration::from_secs(1)))).await {
                Either::Left((Some(task), _)) => task,
                Either::Left((None, _)) | Either::Right(_) => break,
            };
            let _ = task;
            self.note().await;
        }
    }
}

inline! { a_stream_with_an_adapter "DayAdapter":
    pub(super) async fn run(self) {
        let notes = self.notes;
        let mut tasks = ReceiverStream::new(self.inbox).map(|task| matches!(task, Task::Stop));
        while let Some(_stops) = tasks.next().await {
            notes.send(Note).await.ok();
        }
    }
}

inline! { a_box_of_itself "DayBoxed":
    pub(super) fn run(self) -> impl Future<Output = ()> {
        Box::new(self).run_boxed()
    }

    async fn run_boxed(mut self: Box<Self>) {
        while let Some(_task) = self.inbox.recv().await {
            self.note().await;
        }
    }
}

inline! { a_reference_to_itself "DayReferenced":
    pub(super) async fn run(mut self) {
        self.serve().await;
    }

    async fn serve(&mut self) -> Option<()> {
        loop {
            let _task = self.inbox.recv().await?;
            self.note().await;
        }
    }
}

// ----- loops with a handler -----

handled! { a_question_mark_behind_ok_or "DayOkOr":
    pub(super) async fn run(mut self) -> Result<(), &'static str> {
        loop {
            let task = self.inbox.recv().await.ok_or("closed")?;
            self.handle(task).await.ok();
        }
    }
}

handled! { a_timeout_around "DayTimeout":
    pub(super) async fn run(mut self) {
        while let Ok(Some(task)) = timeout(Duration::from_secs(1), self.inbox.recv()).await {
            if let Err(error) = self.handle(task).await {
                assert_eq!(error, "failed");
            }
        }
    }
}

handled! { the_rest_of_a_match "DayRest":
    pub(super) async fn run(mut self) {
        while let Some(task) = self.inbox.recv().await {
            match task {
                Task::Do(n) if n > 9 => break,
                task @ Task::Do(_) => self.handle(task).await.unwrap(),
                other => {
                    let _ = self.handle(other).await;
                }
            }
        }
    }
}

handled! { an_arm_of_select "DayArm":
    pub(super) async fn run(mut self) {
        loop {
            tokio::select! {
                Some(task) = self.inbox.recv() => self.handle(task).await.unwrap_or_default(),
                else => break,
            }
        }
    }
}

handled! { a_call_by_its_type "DayByType":
    pub(super) async fn run(mut self) {
        while let Some(task) = self.inbox.recv().await {
            let _ = Self::handle(&mut self, task).await;
        }
    }
}

handled! { a_boxed_call "DayBoxedCall":
    pub(super) async fn run(mut self) {
        while let Some(task) = self.inbox.recv().await {
            let _ = Box::pin(self.handle(task)).await;
        }
    }
}

handled! { a_call_that_is_caught "DayCaught":
    pub(super) async fn run(mut self) {
        while let Some(task) = self.inbox.recv().await {
            let _ = AssertUnwindSafe(self.handle(task)).catch_unwind().await;
        }
    }
}

handled! { a_call_that_is_raced "DayRaced":
    pub(super) async fn run(mut self) {
        while let Some(task) = self.inbox.recv().await {
            let handling = self.handle(task);
            tokio::select! {
                _ = handling => {}
                () = tokio::time::sleep(Duration::from_secs(1)) => unreachable!(),
            }
        }
    }
}

handled! { a_drain_behind_each_message "DayDrain":
    pub(super) async fn run(mut self) {
        while let Some(task) = self.inbox.recv().await {
            let _ = self.handle(task).await;
            while let Ok(more) = self.inbox.try_recv() {
                let _ = self.handle(more).await;
            }
        }
    }
}

handled! { a_message_that_leaves_the_loop "DayLast":
    pub(super) async fn run(mut self) {
        let last = loop {
            match self.inbox.recv().await {
                Some(task @ Task::Stop) => break Some(task),
                Some(task) => {
                    let _ = self.handle(task).await;
                }
                None => break None,
            }
        };
        if let Some(task) = last {
            let _ = self.handle(task).await;
        }
    }
}

handled! { a_loop_with_a_value "DayValue":
    pub(super) async fn run(mut self) -> Result<u32, ()> {
        let done = loop {
            let Some(task) = self.inbox.recv().await else { break self.done };
            match self.handle(task).await {
                Ok(()) => self.done += 1,
                Err(_) => continue,
            }
        };
        Ok(done)
    }
}

handled! { a_step_that_says_whether_to_go_on "DayStep":
    pub(super) async fn run(mut self) {
        while self.step().await {}
    }

    async fn step(&mut self) -> bool {
        match self.inbox.recv().await {
            Some(task) => {
                let _ = self.handle(task).await;
                true
            }
            None => false,
        }
    }
}

handled! { an_unconstrained_receive "DayUnconstrained":
    pub(super) async fn run(mut self) {
        while let Some(task) = tokio::task::unconstrained(self.inbox.recv()).await {
            let _ = self.handle(task).await;
        }
    }
}

handled! { a_polled_receive "DayPolled":
    pub(super) async fn run(mut self) {
        while let Some(task) = poll_fn(|cx| self.inbox.poll_recv(cx)).await {
            let _ = self.handle(task).await;
        }
    }
}

handled! { an_event_that_wraps_it "DayEvent":
    pub(super) async fn run(mut self) {
        let mut ticks = tokio::time::interval(Duration::from_secs(9));
        loop {
            match self.next(&mut ticks).await {
                Event::Task(task) => self.handle(task).await.unwrap_or_default(),
                Event::Tick => self.done += 1,
                Event::Closed => break,
            }
        }
    }

    async fn next(&mut self, ticks: &mut tokio::time::Interval) -> Event {
        tokio::select! {
            task = self.inbox.recv() => match task {
                Some(task) => Event::Task(task),
                None => Event::Closed,
            },
            _ = ticks.tick() => Event::Tick,
        }
    }
}

pub(super) enum Event {
    Task(Task),
    Tick,
    Closed,
}

handled! { a_sleep_that_is_reset "DayReset":
    pub(super) async fn run(mut self) -> Result<u32, &'static str> {
        let sleep = tokio::time::sleep(Duration::from_secs(9));
        tokio::pin!(sleep);
        loop {
            tokio::select! {
                biased;
                () = &mut sleep => break Ok(self.done),
                task = self.inbox.recv() => {
                    let Some(task) = task else { break Err("closed") };
                    if self.handle(task).await.is_ok() {
                        sleep.as_mut().reset(tokio::time::Instant::now() + Duration::from_secs(9));
                    }
                }
            }
        }
    }
}

/// A loop that spawns each handler, by a clone of the actor.
#[derive(Clone)]
struct Shared {
    inbox: Arc<tokio::sync::Mutex<mpsc::Receiver<Task>>>,
    notes: mpsc::Sender<Note>,
}

#[traced_actor(name = "DayShared")]
impl Shared {
    async fn run(self) {
        let mut tasks = Vec::new();
        while let Some(task) = self.inbox.lock().await.recv().await {
            let this = self.clone();
            tasks.push(traced_actor::task::spawn(async move { this.handle(task).await }));
        }
        for task in tasks {
            let _ = task.await.unwrap();
        }
    }

    async fn handle(&self, task: Task) -> Result<(), &'static str> {
        self.notes.send(Note).await.ok();
        task.outcome()
    }
}

#[tokio::test]
async fn handlers_that_are_spawned() {
    let inbox = sent(vec![Task::Do(1), Task::Fail, Task::Stop]).await;
    let (notes, mut noted) = mpsc::channel(8);
    let inbox = Arc::new(tokio::sync::Mutex::new(inbox));
    tokio::spawn(Shared { inbox, notes }.run()).await.unwrap();
    check("DayShared", &[("Do", None), ("Fail", Some("failed")), ("Stop", None)]);
    check_notes(&mut noted, 3);
}

// ----- not seen to be a handler's message: an inline loop, which marks no error -----

desk! { a_local_queue "DayQueue", None;
    pub(super) async fn run(mut self) {
        let mut queue = VecDeque::new();
        while let Some(task) = self.inbox.recv().await {
            queue.push_back(task);
            if let Some(task) = queue.pop_front() {
                let _ = self.handle(task).await;
            }
        }
    }

    async fn handle(&mut self, task: Task) -> Result<(), &'static str> {
        self.notes.send(Note).await.ok();
        task.outcome()
    }
}

desk! { a_macro_around_the_call "DayMacro", None;
    pub(super) async fn run(mut self) {
        macro_rules! dispatch {
            ($desk:expr, $task:expr) => {
                match $desk.handle($task).await {
                    Ok(()) => continue,
                    Err(_) => $desk.done += 1,
                }
            };
        }
        while let Some(task) = self.inbox.recv().await {
            dispatch!(self, task);
        }
    }

    async fn handle(&mut self, task: Task) -> Result<(), &'static str> {
        self.notes.send(Note).await.ok();
        task.outcome()
    }
}

// ----- handlers of other forms -----

desk! { a_boxed_future "DayBoxFuture", Some("failed");
    pub(super) async fn run(mut self) {
        while let Some(task) = self.inbox.recv().await {
            let _ = self.handle(task).await;
        }
    }

    fn handle(&mut self, task: Task) -> BoxFuture<'_, Result<(), &'static str>> {
        async move {
            self.notes.send(Note).await.ok();
            task.outcome()
        }
        .boxed()
    }
}

desk! { a_pinned_future "DayPinnedFuture", Some("failed");
    pub(super) async fn run(mut self) {
        while let Some(task) = self.inbox.recv().await {
            let _ = self.handle(task).await;
        }
    }

    fn handle<'a>(&'a mut self, task: Task) -> Pin<Box<dyn Future<Output = Result<(), &'static str>> + Send + 'a>> {
        Box::pin(async move {
            self.notes.send(Note).await.ok();
            task.outcome()
        })
    }
}

desk! { a_future_of_impl_trait "DayImplFuture", Some("failed");
    pub(super) async fn run(mut self) {
        while let Some(task) = self.inbox.recv().await {
            let _ = self.handle(task).await;
        }
    }

    fn handle(&mut self, task: Task) -> impl Future<Output = Result<(), &'static str>> + Send + '_ {
        self.done += 1;
        async move {
            self.notes.send(Note).await.ok();
            task.outcome()
        }
    }
}

desk! { a_handler_with_a_closure "DayWithClosure", Some("failed");
    pub(super) async fn run(mut self) {
        while let Some(task) = self.inbox.recv().await {
            let _ = self.handle(task, |n| n + 1).await;
        }
    }

    async fn handle(&mut self, task: Task, count: impl Fn(u32) -> u32 + Send) -> Result<(), &'static str> {
        self.done = count(self.done);
        self.notes.send(Note).await.ok();
        task.outcome()
    }
}

desk! { a_handler_that_calls_steps "DaySteps", Some("failed");
    pub(super) async fn run(mut self) {
        while let Some(task) = self.inbox.recv().await {
            let _ = self.on_task(task).await;
        }
    }

    async fn on_task(&mut self, task: Task) -> Result<(), &'static str> {
        match task {
            Task::Do(n) => self.do_it(n).await,
            Task::Fail => self.fail().await,
            Task::Stop => {
                self.notes.send(Note).await.ok();
                Ok(())
            }
        }
    }

    async fn do_it(&mut self, _times: u8) -> Result<(), &'static str> {
        self.notes.send(Note).await.map_err(|_| "closed")
    }

    async fn fail(&mut self) -> Result<(), &'static str> {
        self.notes.send(Note).await.ok();
        Err("failed")
    }
}

desk! { a_set_of_tasks "DayTaskSet", None;
    pub(super) async fn run(mut self) {
        let mut tasks = JoinSet::new();
        while let Some(_task) = self.inbox.recv().await {
            let notes = self.notes.clone();
            tasks.spawn(
                async move {
                    tokio::task::yield_now().await;
                    notes.send(Note).await.ok();
                }
                .in_current_trace(),
            );
            tasks.join_next().await;
        }
    }
}

// ----- other actors -----

trait Store: Send + 'static {
    fn put(&mut self, n: u8) -> Result<(), String>;
}

struct Full;

impl Store for Full {
    fn put(&mut self, n: u8) -> Result<(), String> {
        if n > 1 { Err("full".to_owned()) } else { Ok(()) }
    }
}

#[traced_actor]
enum Put<K> {
    One(K),
    Many { keys: Vec<K>, done: oneshot::Sender<usize> },
}

struct Keeper<S, K, const N: usize>
where
    K: Into<u8>,
{
    store: S,
    recent: [u8; N],
    inbox: mpsc::UnboundedReceiver<Put<K>>,
    notes: mpsc::Sender<Note>,
}

#[traced_actor]
impl<S: Store, K: Into<u8> + Send + 'static, const N: usize> Keeper<S, K, N> {
    async fn run(mut self) -> [u8; N] {
        while let Some(put) = self.inbox.recv().await {
            let _ = self.handle_put(put).await;
        }
        self.recent
    }

    async fn handle_put(&mut self, put: Put<K>) -> Result<(), String> {
        self.notes.send(Note).await.ok();
        match put {
            Put::One(key) => self.store.put(key.into()),
            Put::Many { keys, done } => {
                let count = keys.len();
                for key in keys {
                    self.store.put(key.into())?;
                }
                done.send(count).map_err(|_| "gone".to_owned())
            }
        }
    }
}

#[tokio::test]
async fn generic_in_everything() {
    traced_actor::testkit::install();
    let (notes, mut noted) = mpsc::channel(8);
    let (sender, inbox) = mpsc::unbounded_channel::<Put<u8>>();
    super::in_trace(async {
        sender.send(Put::One(1)).ok().unwrap();
        sender.send(Put::One(2)).ok().unwrap();
        sender.send(Put::Many { keys: vec![0, 1], done: oneshot::channel().0 }).ok().unwrap();
    })
    .await;
    drop(sender);
    let keeper = Keeper { store: Full, recent: [0; 2], inbox, notes };
    assert_eq!(tokio::spawn(keeper.run()).await.unwrap(), [0; 2]);
    check("Keeper", &[("One", None), ("One", Some("full")), ("Many", Some("gone"))]);
    check_notes(&mut noted, 3);
}

/// An impl that `macro_rules!` writes, with the attribute in it.
macro_rules! define_actor {
    ($actor:ident, $message:ident { $($variant:ident => $method:ident),* $(,)? }) => {
        #[traced_actor]
        enum $message {
            $($variant,)*
        }

        struct $actor {
            inbox: mpsc::Receiver<$message>,
            notes: mpsc::Sender<Note>,
        }

        #[traced_actor]
        impl $actor {
            async fn run(mut self) {
                while let Some(message) = self.inbox.recv().await {
                    match message {
                        $($message::$variant => self.$method().await,)*
                    }
                }
            }

            $(
                async fn $method(&mut self) {
                    self.notes.send(Note).await.ok();
                }
            )*
        }
    };
}

define_actor!(Lamp, LampMessage { On => on, Off => off });

#[tokio::test]
async fn written_by_a_macro() {
    let inbox = sent(vec![LampMessage::On, LampMessage::Off, LampMessage::On]).await;
    let (notes, mut noted) = mpsc::channel(8);
    tokio::spawn(Lamp { inbox, notes }.run()).await.unwrap();
    check("Lamp", &[("On", None), ("Off", None), ("On", None)]);
    check_notes(&mut noted, 3);
}

/// A connection that borrows, and takes a request apart before its handler.
struct Wire<'a> {
    name: &'a str,
    inbox: &'a mut mpsc::Receiver<WireRequest>,
    notes: &'a mpsc::Sender<Note>,
}

#[traced_actor]
struct WireRequest {
    line: String,
    reply: oneshot::Sender<usize>,
}

#[traced_actor]
impl<'a> Wire<'a> {
    async fn run(&mut self) -> Result<&'a str, std::num::ParseIntError> {
        while let Some(WireRequest { line, reply }) = self.inbox.recv().await {
            let n = self.answer(line).await?;
            let _ = reply.send(n);
        }
        Ok(self.name)
    }

    async fn answer(&mut self, line: String) -> Result<usize, std::num::ParseIntError> {
        self.notes.send(Note).await.ok();
        line.parse()
    }
}

#[tokio::test]
async fn borrowed_and_taken_apart() {
    let request = |line: &str| WireRequest { line: line.to_owned(), reply: oneshot::channel().0 };
    let mut inbox = sent(vec![request("1"), request("x"), request("2")]).await;
    let (notes, mut noted) = mpsc::channel(8);
    let mut wire = Wire { name: "w", inbox: &mut inbox, notes: &notes };
    wire.run().await.unwrap_err();
    check("Wire", &[("WireRequest", None), ("WireRequest", Some("invalid digit found in string"))]);
    check_notes(&mut noted, 2);
}

/// A worker whose state is shared, on a separate thread.
struct Worker {
    inbox: mpsc::Receiver<WorkerJob>,
    done: Arc<std::sync::Mutex<Vec<u8>>>,
    notes: mpsc::Sender<Note>,
}

#[traced_actor]
enum WorkerJob {
    Add(u8),
    Clear,
}

#[traced_actor]
impl Worker {
    fn start(self) -> std::thread::JoinHandle<()> {
        std::thread::spawn(move || self.run())
    }

    fn run(mut self) {
        loop {
            let Some(job) = self.inbox.blocking_recv() else { return };
            self.notes.blocking_send(Note).ok();
            let mut done = self.done.lock().unwrap();
            match job {
                WorkerJob::Add(n) => done.push(n),
                WorkerJob::Clear => done.clear(),
            }
        }
    }
}

#[tokio::test]
async fn a_thread_of_its_own() {
    let inbox = sent(vec![WorkerJob::Add(1), WorkerJob::Clear, WorkerJob::Add(2)]).await;
    let (notes, mut noted) = mpsc::channel(8);
    let done = Arc::default();
    let worker = Worker { inbox, done: Arc::clone(&done), notes };
    tokio::task::spawn_blocking(|| worker.start().join().unwrap()).await.unwrap();
    assert_eq!(*done.lock().unwrap(), [2]);
    check("Worker", &[("Add", None), ("Clear", None), ("Add", None)]);
    check_notes(&mut noted, 3);
}

// ----- streams that are driven by their own methods -----

inline! { for_each_of_a_stream "DayForEach":
    pub(super) async fn run(self) {
        let notes = self.notes;
        ReceiverStream::new(self.inbox)
            .for_each(|task| {
                let notes = notes.clone();
                async move {
                    let _ = task;
                    notes.send(Note).await.ok();
                }
            })
            .await;
    }
}

handled! { for_each_with_a_handler "DayForEachHandled":
    pub(super) async fn run(mut self) {
        let (_closed, empty) = mpsc::channel(1);
        let mut tasks = ReceiverStream::new(std::mem::replace(&mut self.inbox, empty));
        while let Some(task) = tasks.next().await {
            let _ = self.handle(task).await;
        }
    }
}

inline! { a_fold_over_a_stream "DayFold":
    pub(super) async fn run(self) -> u32 {
        let notes = self.notes;
        ReceiverStream::new(self.inbox)
            .fold(0, |count, _task| {
                let notes = notes.clone();
                async move {
                    notes.send(Note).await.ok();
                    count + 1
                }
            })
            .await
    }
}
