//! Random programs of operations on a channel, made from a seed.

/// The operations on one channel.
#[derive(Clone, Debug)]
pub(crate) struct Program {
    /// The capacity of the channel; `None` for an unbounded one.
    pub(crate) capacity: Option<usize>,
    /// Whether it runs within a runtime, where time passes, a task has a budget, and nothing may block.
    pub(crate) within_runtime: bool,
    /// The spans around the program.
    pub(crate) scope: Scope,
    pub(crate) steps: Vec<Step>,
}

#[derive(Clone, Copy, Debug)]
pub(crate) enum Scope {
    /// Outside all flows.
    Outside,
    /// In a flow without a current message.
    Flow,
    /// While a message is being handled.
    Message,
}

/// One operation. The numbers select its target and amount; each operation interprets them in its own way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Step {
    pub(crate) operation: Operation,
    pub(crate) which: usize,
    pub(crate) number: usize,
}

macro_rules! operations {
    ($($weight:literal $name:ident $(($bounded:ident))?,)*) => {
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub(crate) enum Operation {
            $($name,)*
        }

        /// Each operation, with its weight, and whether it needs a bounded channel.
        const OPERATIONS: &[(Operation, usize, bool)] =
            &[$((Operation::$name, $weight, operations!(@ $($bounded)?)),)*];
    };
    (@ bounded) => { true };
    (@) => { false };
}

operations! {
    // Futures that are polled, and dropped, by later steps.
    10 Send,
    3 SendTimeout (bounded),
    4 Reserve (bounded),
    3 ReserveMany (bounded),
    2 ReserveOwned (bounded),
    3 Closed,
    9 Recv,
    6 RecvMany,
    20 Poll,
    6 PollWithAnotherWaker,
    6 Cancel,
    // Permits that are held.
    3 TryReserve (bounded),
    2 TryReserveMany (bounded),
    2 TryReserveOwned (bounded),
    8 UsePermit (bounded),
    4 DropPermit (bounded),
    3 UseOwned (bounded),
    1 ReleaseOwned (bounded),
    1 DropOwned (bounded),
    // Operations that complete at once.
    8 TrySend,
    3 BlockingSend (bounded),
    7 TryRecv,
    4 PollRecv,
    3 PollRecvMany,
    2 BlockingRecv,
    2 BlockingRecvMany,
    3 TakeBuffer,
    3 Look,
    // Handles.
    4 CloneSender,
    4 DropSender,
    3 Downgrade,
    3 Upgrade,
    1 CloneWeak,
    1 DropWeak,
    2 Close,
    1 DropReceiver,
    // Time and the task's budget.
    3 Advance,
    2 Spend,
    2 Yield,
}

impl Program {
    pub(crate) fn random(seed: u64, bounded: bool) -> Self {
        let mut random = Random(seed);
        let capacity = bounded.then(|| 1 + random.below(4));
        let within_runtime = random.below(2) == 0;
        let scope = [Scope::Outside, Scope::Flow, Scope::Message][random.below(3)];
        let count = 4 + random.below(28);
        let steps = (0..count).map(|_| random.step(bounded)).collect();
        Self { capacity, within_runtime, scope, steps }
    }
}

/// The random number generator `SplitMix64`.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut x = self.0;
        x = (x ^ (x >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        x = (x ^ (x >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        x ^ (x >> 31)
    }

    fn below(&mut self, bound: usize) -> usize {
        usize::try_from(self.next() >> 32).unwrap() % bound
    }

    fn step(&mut self, bounded: bool) -> Step {
        let possible = || OPERATIONS.iter().filter(|(_, _, only_bounded)| bounded || !only_bounded);
        let mut left = self.below(possible().map(|(_, weight, _)| weight).sum());
        let (operation, ..) = possible()
            .find(|(_, weight, _)| {
                let found = left < *weight;
                left = left.wrapping_sub(*weight);
                found
            })
            .unwrap();
        Step { operation: *operation, which: self.below(8), number: self.below(6) }
    }
}
