//! Counts how often a request was sent before, if a layer above the client layer sends it again.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::task::{Context, Poll};

use http::Request;
use tower_layer::Layer;
use tower_service::Service;

/// The number of tries of one request. It is in the request's extensions, and its clones share one count.
#[derive(Debug, Clone, Default)]
struct Tries(Arc<AtomicU32>);

/// Counts a try of this request, and returns the number of earlier tries. Returns zero if nobody counts.
pub(crate) fn count<B>(request: &Request<B>) -> u32 {
    request.extensions().get::<Tries>().map_or(0, |Tries(count)| count.fetch_add(1, Ordering::Relaxed))
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
/// let (above, below) = (CountTries::new(), ClientLayer::new());
/// # let _ = (above, below);
/// ```
///
/// The layer that sends again must clone the request with its extensions.
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
    type Future = S::Future;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, mut request: Request<B>) -> S::Future {
        request.extensions_mut().insert(Tries::default());
        self.inner.call(request)
    }
}
