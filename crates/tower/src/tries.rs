//! Counts how often a request was sent before, if a layer above the client layer sends it again.

use std::cell::RefCell;
use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::task::{Context, Poll};

use http::Request;
use pin_project_lite::pin_project;
use tower_layer::Layer;
use tower_service::Service;

/// The number of tries of one request. It is in the request's extensions, and its clones share one count.
#[derive(Debug, Clone, Default)]
pub(crate) struct Tries(Arc<Counted>);

#[derive(Debug, Default)]
struct Counted {
    count: AtomicU32,
    /// The last response has sent the client elsewhere.
    is_redirected: AtomicBool,
}

thread_local! {
    /// Those of the request whose future is polled.
    static CURRENT: RefCell<Option<Tries>> = const { RefCell::new(None) };
}

impl Tries {
    /// Returns the tries that a request belongs to; `None` without a counting layer.
    ///
    /// A client that follows a redirect sends a new request, mostly without the extensions of the first one. It is
    /// recognized by its time: it follows the redirect. Any other request that is sent meanwhile, such as one for a
    /// token, does not belong to these tries.
    pub(crate) fn of<B>(request: &Request<B>) -> Option<Self> {
        if let Some(tries) = request.extensions().get::<Self>() {
            return Some(tries.clone());
        }
        let current = CURRENT.try_with(|current| current.borrow().clone()).ok().flatten()?;
        current.0.is_redirected.load(Ordering::Relaxed).then_some(current)
    }

    /// Counts a try, and returns the number of those before it.
    pub(crate) fn count(&self) -> u32 {
        self.0.is_redirected.store(false, Ordering::Relaxed);
        self.0.count.fetch_add(1, Ordering::Relaxed)
    }

    /// Notes that the response has sent the client elsewhere.
    pub(crate) fn redirect(&self) {
        self.0.is_redirected.store(true, Ordering::Relaxed);
    }
}

/// A layer above a retry or a redirect. It counts the requests that these send.
///
/// The spans of all tries except the first have `http.request.resend_count`. Put the
/// [`ClientLayer`](crate::ClientLayer) below, so that each try has a span:
///
/// ```
/// use traced_actor_tower::{ClientLayer, CountTries};
///
/// // ServiceBuilder::new().layer(CountTries::new()).retry(policy).layer(ClientLayer::new()).service(client)
/// // ServiceBuilder::new().layer(CountTries::new()).layer(FollowRedirectLayer::new()).layer(ClientLayer::new()).service(client)
/// let (above, below) = (CountTries::new(), ClientLayer::new());
/// # let _ = (above, below);
/// ```
///
/// A retry has to clone the request with its extensions.
#[derive(Debug, Clone, Copy, Default)]
pub struct CountTries(());

impl CountTries {
    /// Creates the layer.
    pub fn new() -> Self {
        Self(())
    }
}

impl<S> Layer<S> for CountTries {
    type Service = CountTriesService<S>;

    fn layer(&self, inner: S) -> CountTriesService<S> {
        CountTriesService { inner }
    }
}

/// The service that a [`CountTries`] creates.
#[derive(Debug, Clone)]
pub struct CountTriesService<S> {
    inner: S,
}

impl<S, B> Service<Request<B>> for CountTriesService<S>
where
    S: Service<Request<B>>,
{
    type Response = S::Response;
    type Error = S::Error;
    type Future = CountTriesFuture<S::Future>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, mut request: Request<B>) -> Self::Future {
        let tries = Tries::default();
        request.extensions_mut().insert(tries.clone());
        CountTriesFuture { inner: self.inner.call(request), tries }
    }
}

pin_project! {
    /// The future of a request whose tries are counted. Created by [`CountTriesService`].
    #[must_use = "a future does nothing unless it is awaited"]
    pub struct CountTriesFuture<F> {
        #[pin]
        inner: F,
        tries: Tries,
    }
}

impl<F: Future> Future for CountTriesFuture<F> {
    type Output = F::Output;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<F::Output> {
        let this = self.project();
        let _entered = Entered::new(this.tries.clone());
        this.inner.poll(cx)
    }
}

/// Restores the tries that were current before a poll when it is dropped.
struct Entered(Option<Tries>);

impl Entered {
    fn new(tries: Tries) -> Self {
        Self(exchange(Some(tries)))
    }
}

impl Drop for Entered {
    fn drop(&mut self) {
        drop(exchange(self.0.take()));
    }
}

fn exchange(tries: Option<Tries>) -> Option<Tries> {
    CURRENT.try_with(|current| current.replace(tries)).ok().flatten()
}

impl<F> fmt::Debug for CountTriesFuture<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CountTriesFuture").field("tries", &self.tries).finish_non_exhaustive()
    }
}
