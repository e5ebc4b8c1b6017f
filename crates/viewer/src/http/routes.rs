//! Maps requests to answers.

use std::sync::Arc;
use std::time::Duration;

use hyper::body::Incoming;
use hyper::header::{ALLOW, HeaderValue, LOCATION, SET_COOKIE};
use hyper::{Method, Request, Response, StatusCode};
use serde::Serialize;
use tokio::time::timeout;
use traced_actor::TraceId;
use traced_actor_metrics::Rank;

use super::access::{Access, Refusal};
use super::events::Events;
use super::page;
use super::query::{Query, decode};
use super::reply::{Reply, bytes, file, guarded, json, text, with};
use crate::app::App;
use crate::distribution::Distribution;
use crate::export::{chrome, otlp};
use crate::groups::{Bad, Groups};
use crate::mcp::Mcp;
use crate::search::{Order, Search, find};
use crate::slow_now::slow_now;
use crate::trace_view::TraceView;

/// The default number of rows of an answer.
const ROWS: usize = 100;
/// The maximum number of rows of an answer.
const MOST_ROWS: usize = 1000;

/// The maximum time for receiving a request's body. Without it, slow clients could hold all connections.
const BODY: Duration = Duration::from_secs(10);

/// Answers requests.
pub(crate) struct Routes {
    app: Arc<App>,
    access: Access,
    mcp: Mcp,
}

impl Routes {
    pub(crate) fn new(app: Arc<App>, access: Access) -> Self {
        Self { mcp: Mcp::new(app.clone()), app, access }
    }

    pub(crate) async fn answer(&self, request: Request<Incoming>) -> Response<Reply> {
        let is_mcp = request.uri().path() == "/mcp" && self.access.check(request.headers()).is_ok();
        if !is_mcp {
            return self.answer_now(&request);
        }
        match timeout(BODY, self.mcp.answer(request)).await {
            Ok(Some(response)) => guarded(response.map(Reply::Other)),
            Ok(None) => text(StatusCode::NOT_FOUND, "This program was built without the feature mcp.\n"),
            Err(_) => text(StatusCode::REQUEST_TIMEOUT, "The request is not complete.\n"),
        }
    }

    fn answer_now(&self, request: &Request<Incoming>) -> Response<Reply> {
        let query = Query::parse(request.uri().query().unwrap_or_default());
        let cookie = query.text("token").and_then(|token| self.access.cookie(token));
        match self.access.check(request.headers()) {
            // The token does not stay in the address.
            Ok(()) if cookie.is_some() => return let_in(request, cookie),
            Ok(()) => {}
            Err(Refusal::Token) => return let_in(request, cookie),
            Err(Refusal::Host) => {
                let why =
                    "This page is for the machine that it runs on, by its name localhost or 127.0.0.1.\n";
                return text(StatusCode::FORBIDDEN, why);
            }
        }
        if request.method() != Method::GET && request.method() != Method::HEAD {
            let mut response = text(StatusCode::METHOD_NOT_ALLOWED, "Only GET.\n");
            response.headers_mut().insert(ALLOW, HeaderValue::from_static("GET, HEAD"));
            return response;
        }
        let path = request.uri().path();
        if let Some((content_type, text)) = page::file(path) {
            return bytes(content_type, text);
        }
        self.api(path, &query).unwrap_or_else(|| text(StatusCode::NOT_FOUND, "There is no such page.\n"))
    }

    fn api(&self, path: &str, query: &Query) -> Option<Response<Reply>> {
        let app = &self.app;
        let mut parts = path.strip_prefix("/api/")?.split('/');
        let parts = [parts.next()?, parts.next().unwrap_or_default(), parts.next().unwrap_or_default()];
        Some(match parts {
            ["status", "", ""] => json(&app.status()),
            ["actors", "", ""] => json(&*app.now()),
            ["instances", "", ""] => json(&app.top_instances(rank(query), rows(query))),
            ["instances", name, ""] => {
                json(&app.metrics.map(|metrics| metrics.instance(&decode(name))).unwrap_or_default())
            }
            ["open", "", ""] => json(&app.open_work(older_than(query), rows(query))),
            ["traces", "", ""] => {
                let order = Order::named(query.text("order"));
                json(&find(&app.store(), &search(query), order, rows(query)))
            }
            ["traces", id, form] => return self.trace(id.parse().ok()?, form),
            ["distribution", "", ""] => {
                let (actor, kind) = (query.text("actor")?, query.text("kind").unwrap_or_default());
                json(&Distribution::new(app.metrics, &app.store(), actor, kind))
            }
            ["slow", "", ""] => text(StatusCode::OK, slow_now(app)),
            ["compare", "", ""] => json(&groups(query).compare(&app.store())),
            ["compare", "text", ""] => {
                let compared = groups(query).compare(&app.store());
                text(StatusCode::OK, compared.text)
            }
            ["events", "", ""] => self.events(query)?,
            _ => return None,
        })
    }

    fn trace(&self, id: TraceId, form: &str) -> Option<Response<Reply>> {
        let app = &self.app;
        if form.is_empty() {
            let store = app.store();
            return Some(json(&TraceView::new(id, store.trace(id)?, &store)));
        }
        let spans = app.spans(id)?;
        Some(match form {
            "text" => text(StatusCode::OK, traced_actor_console::waterfall(&spans, 120, false)),
            "otlp" => file(json(&otlp(&spans, &app.service)), &format!("{id}.otlp.json")),
            "chrome" => file(json(&chrome(&spans)), &format!("{id}.trace.json")),
            _ => return None,
        })
    }

    fn events(&self, query: &Query) -> Option<Response<Reply>> {
        let app = self.app.clone();
        let status_of = app.clone();
        let status = Arc::new(move || line(&status_of.status()));
        let (rank, older_than, rows) = (rank(query), older_than(query), rows(query));
        let events = match query.text("view")? {
            "actors" => Events::new(status, Arc::new(move || line(&*app.now()))),
            "instances" => Events::new(status, Arc::new(move || line(&app.top_instances(rank, rows)))),
            "open" => Events::new(status, Arc::new(move || line(&app.open_work(older_than, rows)))),
            "trace" => {
                let id = query.text("id").and_then(|id| id.parse().ok());
                Events::new(status, Arc::new(move || line(&app.progress(id))))
            }
            "status" => Events::new(status, Arc::new(|| "{}".to_owned())),
            _ => return None,
        };
        Some(with(StatusCode::OK, "text/event-stream", Reply::Events(events)))
    }
}

/// Stores the token of an opened address as a cookie in the browser, which then opens the page without it.
fn let_in(request: &Request<Incoming>, cookie: Option<String>) -> Response<Reply> {
    let cookie = cookie.filter(|_| request.uri().path() == "/");
    let Some(cookie) = cookie.and_then(|cookie| HeaderValue::from_str(&cookie).ok()) else {
        return text(StatusCode::UNAUTHORIZED, "Open this address with ?token= and the token.\n");
    };
    let mut response = text(StatusCode::SEE_OTHER, "");
    response.headers_mut().insert(SET_COOKIE, cookie);
    // Relative to the path at which the browser sees the page.
    response.headers_mut().insert(LOCATION, HeaderValue::from_static("./"));
    response
}

/// Returns JSON on one line. It contains no line breaks except escaped ones.
fn line(value: &impl Serialize) -> String {
    serde_json::to_string(value).unwrap_or_else(|_| "null".to_owned())
}

fn rows(query: &Query) -> usize {
    query.number("most").unwrap_or(ROWS).min(MOST_ROWS)
}

fn older_than(query: &Query) -> Duration {
    Duration::from_nanos(query.millis("older_ms").unwrap_or(0))
}

fn rank(query: &Query) -> Rank {
    match query.text("rank") {
        Some("depth") => Rank::Depth,
        Some("wait") => Rank::Wait,
        _ => Rank::Busy,
    }
}

fn search(query: &Query) -> Search {
    Search {
        actor: query.owned("actor"),
        kind: query.owned("kind"),
        instance: query.owned("instance"),
        attribute: query.owned("attribute"),
        at_least: query.millis("min_ms"),
        at_most: query.millis("max_ms"),
        failed: query.is_set("failed"),
        span_at_least: query.millis("span_ms"),
    }
}

fn groups(query: &Query) -> Groups {
    Groups {
        bad: if query.text("bad") == Some("failed") { Bad::Failed } else { Bad::Slow },
        actor: query.owned("actor"),
        kind: query.owned("kind"),
        slower_than: query.millis("slower_ms"),
    }
}
