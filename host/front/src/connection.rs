//! One connection.
//!
//! Whether a client is still there is looked at once per period and not timed per request: a
//! timer that is set and cleared around every request would cost a tenth of what the request
//! does.

use axum::Router;
use axum::body::Body;
use axum::http::Request;
use axum::response::Response;
use axum::routing::future::RouteFuture;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper_util::rt::TokioIo;
use std::convert::Infallible;
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;
use tokio::net::TcpStream;
use tokio::sync::watch;
use tokio::time::{Instant, sleep};
use tower::Service as _;

/// Room for the head of a request. A larger one is answered 431.
const HEAD_BYTES: usize = 64 << 10;

/// Answers the requests of one connection until the client closes it, goes quiet, or the server
/// stops: `stopping` then closes, and the request in flight is the last.
pub(crate) async fn serve(
    stream: TcpStream,
    router: Router,
    idle: Duration,
    mut stopping: watch::Receiver<()>,
) {
    // Answers are small and written whole; waiting to fill a packet would only add delay.
    if let Err(error) = stream.set_nodelay(true) {
        tracing::debug!(%error, "the connection is gone");
        return;
    }
    let heads = Arc::new(AtomicU64::new(0));
    let service = Counted { router, heads: Arc::clone(&heads) };
    let mut connection = pin!(
        http1::Builder::new()
            .max_buf_size(HEAD_BYTES)
            .serve_connection(TokioIo::new(stream), service)
    );
    let mut quiet = pin!(sleep(idle));
    let mut seen = 0;
    let mut stops = false;
    loop {
        tokio::select! {
            biased;
            ended = connection.as_mut() => {
                if let Err(error) = ended {
                    tracing::debug!(%error, "the connection broke");
                }
                return;
            }
            _ = stopping.changed(), if !stops => {
                stops = true;
                connection.as_mut().graceful_shutdown();
            }
            () = quiet.as_mut() => {
                let heads = heads.load(Ordering::Relaxed);
                if heads == seen {
                    tracing::debug!("the connection was quiet for too long");
                    return;
                }
                seen = heads;
                quiet.as_mut().reset(Instant::now() + idle);
            }
        }
    }
}

/// The router, counting the requests whose head arrived.
struct Counted {
    router: Router,
    heads: Arc<AtomicU64>,
}

impl hyper::service::Service<Request<Incoming>> for Counted {
    type Response = Response;
    type Error = Infallible;
    type Future = RouteFuture<Infallible>;

    fn call(&self, request: Request<Incoming>) -> Self::Future {
        self.heads.fetch_add(1, Ordering::Relaxed);
        self.router.clone().call(request.map(Body::new))
    }
}
