//! The settings of a server's layer. `edge_service.rs` is the layer.

use std::fmt;
use std::sync::Arc;

use http::{Extensions, HeaderName, Request};
use traced_actor::Options;
use traced_actor_propagation::Edge;

use crate::head::{Head, Side};
use crate::passed::REQUEST_ID;
use crate::reply::Reply;

/// Finds the route of a request in its extensions.
type Route = dyn for<'a> Fn(&'a Extensions) -> Option<&'a str> + Send + Sync;

/// The maximum number of names that are passed on.
const MOST_NAMES: usize = 16;

/// A layer for servers. It reads the context of each request and trusts it as the [`Edge`] says. The handler continues
/// it.
///
/// ```
/// use traced_actor_propagation::{Edge, RateLimit, Trust};
/// use traced_actor_tower::EdgeLayer;
///
/// // Clients may ask for ten traces a second; beyond that, our own sampler decides.
/// let edge = Edge::new("http").trust(Trust::Full).force_limit(RateLimit::new(10.0, 10));
/// let layer = EdgeLayer::new(edge);
/// // axum:  Router::new().route("/users/{id}", get(user)).layer(layer)
/// // tonic: Server::builder().layer(layer).add_service(service)
/// // hyper: TowerToHyperService::new(layer.layer(service))
/// # let _ = layer;
/// ```
///
/// Clones share the limit of the edge.
///
/// # The span
///
/// [`new`](Self::new) creates a `SERVER` span for each request, by OpenTelemetry's conventions for HTTP, or for gRPC if
/// the content type says so. The span ends with the last frame of the [response](crate::ResponseBody), and the code
/// that produces the response runs in it. Its name is the method and the [route](Self::route), or the method of the
/// call. The query is left out, since it may be secret.
///
/// Below another `EdgeLayer`, as on a nested router, it creates no span and only adds the route. If another crate's
/// span is current when the request arrives, it creates none and follows that span. If the other crate's layer is
/// *below* this one, use [`filter`](Self::filter).
///
/// # Cost
///
/// A request whose `traceparent` says that it is not sampled costs one read of that header, and no allocation.
#[derive(Clone)]
pub struct EdgeLayer {
    pub(crate) shared: Arc<Shared>,
}

/// The settings, which the services of a layer share.
#[derive(Clone)]
pub(crate) struct Shared {
    pub(crate) edge: Arc<Edge>,
    pub(crate) options: &'static Options,
    pub(crate) has_span: bool,
    pub(crate) route: Option<Arc<Route>>,
    pub(crate) names: Vec<HeaderName>,
    pub(crate) reply: Reply,
}

impl Shared {
    /// Returns the route of a request with these extensions.
    pub(crate) fn route<'a>(&self, extensions: &'a Extensions) -> Option<&'a str> {
        self.route.as_ref().and_then(|route| route(extensions))
    }

    /// Adds the route to the current span, whose layer may not know it.
    pub(crate) fn name_route<B>(&self, request: &Request<B>) {
        let head = Head::of(Side::Server, request, self.route(request.extensions()), 0);
        head.name_route();
    }
}

impl EdgeLayer {
    /// Creates a layer with a `SERVER` span for each request.
    pub fn new(edge: Edge) -> Self {
        Self::with(edge, true)
    }

    /// Creates a layer without a span, for use above another crate's layer that creates one.
    ///
    /// It changes the headers so that the other layer only starts or continues traces that this edge allows. The
    /// headers stay unchanged if the trace is continued or is not sampled. They say that it is not sampled if the
    /// process decided so. They are removed if they are malformed or not trusted.
    ///
    /// Use it above the layers of `axum-tracing-opentelemetry`, `opentelemetry-instrumentation-tower` and `tower-otel`.
    pub fn filter(edge: Edge) -> Self {
        Self::with(edge, false)
    }

    fn with(edge: Edge, has_span: bool) -> Self {
        let options = edge.to_options();
        Self {
            shared: Arc::new(Shared {
                edge: Arc::new(edge),
                // Leaked once for each layer that a program creates, which are few.
                options: Box::leak(Box::new(options)),
                has_span,
                route: None,
                names: vec![HeaderName::from_static(REQUEST_ID)],
                reply: Reply::default(),
            }),
        }
    }

    /// Sets the function that finds the route of a request, for the span's name and `http.route`.
    ///
    /// ```
    /// # use traced_actor_propagation::Edge;
    /// # use traced_actor_tower::EdgeLayer;
    /// # struct MatchedPath(String);
    /// # impl MatchedPath { fn as_str(&self) -> &str { &self.0 } }
    /// // axum::extract::MatchedPath, which is there for layers of a `Router`
    /// let layer = EdgeLayer::new(Edge::new("http"))
    ///     .route(|extensions| extensions.get::<MatchedPath>().map(MatchedPath::as_str));
    /// # let _ = layer;
    /// ```
    #[must_use]
    pub fn route<F>(self, route: F) -> Self
    where
        F: for<'a> Fn(&'a Extensions) -> Option<&'a str> + Send + Sync + 'static,
    {
        self.change(|shared| shared.route = Some(Arc::new(route)))
    }

    /// Sets the names of headers that are passed on to the requests that a request causes. See
    /// [`Passed`](crate::Passed).
    ///
    /// The default is `x-request-id`. At most 16 names are taken, and names that no header can have are left out. A header
    /// that occurs twice or is longer than 1,024 bytes is not passed on.
    #[must_use]
    pub fn pass<'a>(self, names: impl IntoIterator<Item = &'a str>) -> Self {
        let names = names.into_iter().filter_map(|name| name.parse().ok()).take(MOST_NAMES).collect();
        self.change(|shared| shared.names = names)
    }

    /// Adds the header `traceresponse` to the responses of sampled requests: the ids of the span, as in a `traceparent`.
    ///
    /// Services other than your own then learn your trace ids. Only applies to spans that this layer creates.
    #[must_use]
    pub fn reply_traceresponse(self) -> Self {
        self.change(|shared| shared.reply.trace_response = true)
    }

    /// Adds `server-timing: traceparent;desc="…"` to the responses of sampled requests, which browsers show to scripts.
    ///
    /// Only applies to spans that this layer creates.
    #[must_use]
    pub fn reply_server_timing(self) -> Self {
        self.change(|shared| shared.reply.server_timing = true)
    }

    /// Adds the request's `x-request-id` to the response, if the handler sets none.
    #[must_use]
    pub fn reply_request_id(self) -> Self {
        self.change(|shared| shared.reply.request_id = true)
    }

    fn change(mut self, change: impl FnOnce(&mut Shared)) -> Self {
        change(Arc::make_mut(&mut self.shared));
        self
    }
}

impl fmt::Debug for EdgeLayer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("EdgeLayer")
            .field("edge", &self.shared.edge)
            .field("has_span", &self.shared.has_span)
            .field("names", &self.shared.names)
            .field("reply", &self.shared.reply)
            .finish_non_exhaustive()
    }
}
