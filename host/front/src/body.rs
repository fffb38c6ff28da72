//! Bodies, bounded in size and time.
//!
//! A body that comes in one piece, as nearly all do, is used where the connection put it. And it
//! is there as soon as it is asked for, so no timer is set before it turns out that it is not: a
//! timer for each request makes the runtime wake itself up to look at it, which costs more than
//! all the rest of a request.

use axum::body::{Body, Bytes, HttpBody as _};
use http_body_util::BodyExt as _;
use std::future::poll_fn;
use std::pin::pin;
use std::task::Poll;
use std::time::Duration;
use tokio::time::sleep;

/// How many times the limit is read and thrown away before the connection is given up. A caller
/// that is still sending when the connection closes would never see why.
const PATIENCE: usize = 8;

/// Why there is no body.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum BodyError {
    /// More bytes than are taken.
    #[error("the body is larger than {0} bytes: send at most that, and more in several requests")]
    TooLarge(usize),
    /// It ended early.
    #[error("the body broke off: send as many bytes as `Content-Length` says")]
    Broken,
    /// It did not come in time.
    #[error("the body took longer than {0:?}: send it in one go")]
    Slow(Duration),
}

/// Reads a body of at most `limit` bytes within that time.
///
/// # Errors
///
/// [`BodyError`]; what is too large is read for a while longer, so that the caller sees why.
pub async fn read(body: Body, limit: usize, time: Duration) -> Result<Bytes, BodyError> {
    let mut reading = pin!(whole(body, limit));
    let mut timer = pin!(None);
    let mut asked = false;
    poll_fn(|context| {
        if let Poll::Ready(body) = reading.as_mut().poll(context) {
            return Poll::Ready(body);
        }
        if !asked {
            // Being asked makes the connection read. One more look follows in any case.
            asked = true;
            context.waker().wake_by_ref();
            return Poll::Pending;
        }
        if timer.is_none() {
            timer.set(Some(sleep(time)));
        }
        match timer.as_mut().as_pin_mut() {
            Some(timer) => timer.poll(context).map(|()| Err(BodyError::Slow(time))),
            None => Poll::Pending,
        }
    })
    .await
}

async fn whole(mut body: Body, limit: usize) -> Result<Bytes, BodyError> {
    if body.size_hint().lower() > u64::try_from(limit).unwrap_or(u64::MAX) {
        return Err(discard(body, limit, 0).await);
    }
    let Some(first) = next(&mut body).await? else { return Ok(Bytes::new()) };
    if first.len() > limit {
        return Err(discard(body, limit, first.len()).await);
    }
    if body.is_end_stream() {
        return Ok(first);
    }
    let Some(second) = next(&mut body).await? else { return Ok(first) };
    let mut whole = Vec::with_capacity(2 * (first.len() + second.len()));
    whole.extend_from_slice(&first);
    let mut more = Some(second);
    while let Some(piece) = more {
        if whole.len() + piece.len() > limit {
            let had = whole.len() + piece.len();
            return Err(discard(body, limit, had).await);
        }
        whole.extend_from_slice(&piece);
        more = if body.is_end_stream() { None } else { next(&mut body).await? };
    }
    Ok(whole.into())
}

/// The next piece that holds data.
async fn next(body: &mut Body) -> Result<Option<Bytes>, BodyError> {
    loop {
        match body.frame().await {
            None => return Ok(None),
            Some(Err(_)) => return Err(BodyError::Broken),
            Some(Ok(frame)) => match frame.into_data() {
                Ok(data) if !data.is_empty() => return Ok(Some(data)),
                _ => {}
            },
        }
    }
}

#[cold]
async fn discard(mut body: Body, limit: usize, mut had: usize) -> BodyError {
    while had <= limit.saturating_mul(PATIENCE) {
        match next(&mut body).await {
            Ok(Some(piece)) => had = had.saturating_add(piece.len()),
            Ok(None) | Err(_) => break,
        }
    }
    BodyError::TooLarge(limit)
}
