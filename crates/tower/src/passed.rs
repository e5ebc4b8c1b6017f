//! Data of an incoming request that is passed on to outgoing requests, beside the trace.
//!
//! These are opaque headers of a mesh, and the ids of a trace that is not sampled.

use std::cell::{Cell, RefCell};
use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use http::{HeaderMap, HeaderName, HeaderValue};
use pin_project_lite::pin_project;
use traced_actor_propagation::UnsampledContext;

/// The headers that Istio requires applications to pass on, beside those of the
/// [formats](traced_actor_propagation::Format).
///
/// ```
/// use traced_actor_propagation::Edge;
/// use traced_actor_tower::{EdgeLayer, MESH_HEADERS};
///
/// let layer = EdgeLayer::new(Edge::new("http")).pass(MESH_HEADERS);
/// # let _ = layer;
/// ```
pub const MESH_HEADERS: [&str; 4] =
    ["x-request-id", "x-ot-span-context", "x-cloud-trace-context", "grpc-trace-bin"];

/// The header by which Envoy, and so Istio, identifies requests and samples them.
pub(crate) const REQUEST_ID: &str = "x-request-id";

/// The maximum length of a value that is passed on, in bytes.
const LONGEST: usize = 1024;

/// The opaque headers of a request, and its ids if it is not sampled, for outgoing requests that it causes.
///
/// An [`EdgeLayer`](crate::EdgeLayer) reads it, and a [`ClientLayer`](crate::ClientLayer) writes it if both run in one
/// task. To pass it through an actor, put it into the message:
///
/// ```
/// use traced_actor::traced_actor;
/// use traced_actor_tower::Passed;
///
/// #[traced_actor]
/// struct Fetch {
///     path: String,
///     passed: Passed,
/// }
///
/// # async fn get(_: &str) {}
/// let message = Fetch { path: "/users".into(), passed: Passed::current() };
/// // in the actor's handler:
/// let request = message.passed.scope(get(&message.path));
/// # drop(request);
/// ```
///
/// A clone costs a reference count, or nothing if the request had no such data.
#[derive(Clone, Default)]
pub struct Passed(Option<Arc<Parts>>);

struct Parts {
    /// Apart, for most often there is one, which then is not allocated by itself.
    first: Option<(HeaderName, HeaderValue)>,
    others: Vec<(HeaderName, HeaderValue)>,
    unsampled: Option<UnsampledContext>,
}

impl Parts {
    fn headers(&self) -> impl Iterator<Item = &(HeaderName, HeaderValue)> {
        self.first.iter().chain(&self.others)
    }
}

thread_local! {
    static CURRENT: RefCell<Passed> = const { RefCell::new(Passed(None)) };
    /// Whether the current one is anything. It has no destructor, so reading it takes one instruction.
    static IS_ANYTHING: Cell<bool> = const { Cell::new(false) };
}

impl Passed {
    /// Returns the data of the request that this task serves.
    pub fn current() -> Self {
        CURRENT.try_with(|current| current.borrow().clone()).unwrap_or_default()
    }

    /// Runs a future as if it were in the task of that request.
    pub fn scope<F: Future>(self, future: F) -> PassedFuture<F> {
        PassedFuture { passed: self, future }
    }

    /// Returns the value of a header that is passed on. `name` is in lower case.
    pub fn header(&self, name: &str) -> Option<&HeaderValue> {
        let parts = self.0.as_ref()?;
        parts.headers().find(|(known, _)| known.as_str() == name).map(|(_, value)| value)
    }

    /// Reads the data from a request. Does not allocate if there is none.
    pub(crate) fn read(
        headers: &HeaderMap,
        names: &[HeaderName],
        unsampled: Option<UnsampledContext>,
    ) -> Self {
        let (mut first, mut others) = (None, Vec::new());
        for name in names {
            // Most are not there. To compare the names of a request takes less time than to hash the one that is
            // searched.
            if !headers.keys().any(|known| known == name) {
                continue;
            }
            // Of several values none can be said to be the one.
            let mut values = headers.get_all(name).iter();
            let (Some(value), None) = (values.next(), values.next()) else { continue };
            if value.len() <= LONGEST {
                let header = (name.clone(), value.clone());
                if first.is_none() { first = Some(header) } else { others.push(header) }
            }
        }
        if first.is_none() && unsampled.is_none() {
            return Self(None);
        }
        Self(Some(Arc::new(Parts { first, others, unsampled })))
    }

    /// Writes the headers into a request that does not have them.
    pub(crate) fn write(&self, headers: &mut HeaderMap) {
        let Some(parts) = &self.0 else { return };
        for (name, value) in parts.headers() {
            if !headers.contains_key(name) {
                // Fails only for more than the 32,768 names that a map can hold.
                let _ = headers.try_insert(name.clone(), value.clone());
            }
        }
    }

    pub(crate) fn unsampled(&self) -> Option<&UnsampledContext> {
        self.0.as_ref()?.unsampled.as_ref()
    }

    /// Makes it the current one of this thread until the guard is dropped.
    #[inline]
    pub(crate) fn enter(&self) -> Entered {
        let is_nothing = self.0.is_none() && !IS_ANYTHING.get();
        Entered { before: if is_nothing { None } else { exchange(self.clone()) } }
    }
}

/// Makes it the current one, and returns the previous one.
#[cold]
fn exchange(passed: Passed) -> Option<Passed> {
    IS_ANYTHING.set(passed.0.is_some());
    // The caller drops the previous one, outside of the borrow.
    CURRENT.try_with(|current| current.replace(passed)).ok()
}

#[must_use = "if dropped immediately, it has no effect"]
pub(crate) struct Entered {
    /// `None` if neither is anything.
    before: Option<Passed>,
}

impl Drop for Entered {
    #[inline]
    fn drop(&mut self) {
        if let Some(before) = self.before.take() {
            drop(exchange(before));
        }
    }
}

impl fmt::Debug for Passed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names = self.0.iter().flat_map(|parts| parts.headers()).map(|(name, _)| name.as_str());
        f.debug_list().entries(names).finish()
    }
}

pin_project! {
    /// A future that runs in the scope of [`Passed`]. Created by [`Passed::scope`].
    #[must_use = "a future does nothing unless it is awaited or spawned"]
    pub struct PassedFuture<F> {
        passed: Passed,
        #[pin]
        future: F,
    }
}

impl<F: Future> Future for PassedFuture<F> {
    type Output = F::Output;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<F::Output> {
        let this = self.project();
        let _entered = this.passed.enter();
        this.future.poll(cx)
    }
}

impl<F> fmt::Debug for PassedFuture<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PassedFuture").field("passed", &self.passed).finish_non_exhaustive()
    }
}
