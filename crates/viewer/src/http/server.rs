//! Accepts connections on the viewer's own thread, so that the page works while the program's runtime is stuck.

use std::convert::Infallible;
use std::io;
use std::net::TcpListener;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::time::Duration;

use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::sync::oneshot;

use super::access::Access;
use super::impatient::Impatient;
use super::routes::Routes;
use crate::app::App;

/// The maximum number of connections. A browser has up to six.
const CONNECTIONS: usize = 64;
/// The maximum time for receiving a request's head.
const HEAD: Duration = Duration::from_secs(10);
/// The maximum size of a request's head, in bytes.
const HEAD_BYTES: usize = 16 * 1024;
/// The time after which a connection that accepts no data is closed.
///
/// Otherwise clients that vanish without closing could hold all connections.
const STALL: Duration = Duration::from_secs(30);
/// The interval at which finished spans are processed.
const TICK: Duration = Duration::from_millis(200);

/// Serves until it is told to stop, or the other end of the channel is dropped.
pub(crate) fn run(
    listener: TcpListener,
    app: Arc<App>,
    access: Access,
    stop: oneshot::Receiver<()>,
) -> io::Result<()> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_io().enable_time().build()?;
    runtime.block_on(async move {
        listener.set_nonblocking(true)?;
        let listener = tokio::net::TcpListener::from_std(listener)?;
        let routes = Arc::new(Routes::new(app.clone(), access));
        let connections = Arc::new(AtomicUsize::new(0));
        tokio::spawn(async move {
            let mut interval = tokio::time::interval(TICK);
            interval.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
            loop {
                interval.tick().await;
                app.tick();
            }
        });
        tokio::spawn(async move {
            loop {
                match listener.accept().await {
                    Ok((stream, _)) => {
                        let open = Open::new(&connections);
                        if connections.load(Relaxed) <= CONNECTIONS {
                            tokio::spawn(connection(stream, routes.clone(), open));
                        }
                    }
                    // Usually there are too many open files.
                    Err(_) => tokio::time::sleep(TICK).await,
                }
            }
        });
        // Told to stop, or the other end is dropped. The tasks end with the runtime.
        let _ = stop.await;
        Ok(())
    })
}

async fn connection(stream: tokio::net::TcpStream, routes: Arc<Routes>, open: Open) {
    let service = service_fn(move |request| {
        let routes = routes.clone();
        async move { Ok::<_, Infallible>(routes.answer(request).await) }
    });
    let _ = stream.set_nodelay(true);
    // An error means that the browser has closed the connection.
    let _ = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEAD)
        .max_buf_size(HEAD_BYTES)
        .serve_connection(TokioIo::new(Impatient::new(stream, STALL)), service)
        .await;
    drop(open);
}

/// A counted connection.
struct Open(Arc<AtomicUsize>);

impl Open {
    fn new(count: &Arc<AtomicUsize>) -> Self {
        count.fetch_add(1, Relaxed);
        Self(count.clone())
    }
}

impl Drop for Open {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Relaxed);
    }
}
