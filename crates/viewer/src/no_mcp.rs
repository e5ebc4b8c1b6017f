//! Replaces the Model Context Protocol if its feature is disabled.

use std::convert::Infallible;
use std::future::{Future, ready};
use std::pin::Pin;
use std::sync::Arc;

use hyper::body::{Body, Bytes, Incoming};
use hyper::{Request, Response};

use crate::app::App;

/// The body of an answer.
pub(crate) type Answer = Pin<Box<dyn Body<Data = Bytes, Error = Infallible> + Send>>;

/// A service that does not exist.
pub(crate) struct Mcp;

impl Mcp {
    pub(crate) fn new(_: Arc<App>) -> Self {
        Self
    }

    /// Returns `None` for every request.
    #[expect(clippy::unused_self, reason = "the service has it")]
    pub(crate) fn answer(
        &self,
        _: Request<Incoming>,
    ) -> impl Future<Output = Option<Response<Answer>>> + use<> {
        ready(None)
    }
}
