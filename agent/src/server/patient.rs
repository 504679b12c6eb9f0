//! A connection whose client has to read: an answer that nobody takes is not held for ever.

use std::future::Future;
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::{Sleep, sleep};

/// Fails to write once the client has not read for so long.
pub(super) struct Patient<S> {
    inner: S,
    pause: Duration,
    /// Runs while the client does not read.
    blocked: Option<Pin<Box<Sleep>>>,
}

impl<S> Patient<S> {
    pub(super) fn new(inner: S, pause: Duration) -> Patient<S> {
        Patient {
            inner,
            pause,
            blocked: None,
        }
    }

    /// What a step of writing came to, the time it was blocked taken into account.
    fn within<T>(
        &mut self,
        step: Poll<io::Result<T>>,
        context: &mut Context<'_>,
    ) -> Poll<io::Result<T>> {
        if step.is_ready() {
            self.blocked = None;
            return step;
        }
        let pause = self.pause;
        let blocked = self.blocked.get_or_insert_with(|| Box::pin(sleep(pause)));
        ready!(blocked.as_mut().poll(context));
        let error = io::Error::new(io::ErrorKind::TimedOut, "the client does not read");
        Poll::Ready(Err(error))
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Patient<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.inner).poll_read(context, buffer)
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Patient<S> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let step = Pin::new(&mut self.inner).poll_write(context, bytes);
        self.within(step, context)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        let step = Pin::new(&mut self.inner).poll_flush(context);
        self.within(step, context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        let step = Pin::new(&mut self.inner).poll_shutdown(context);
        self.within(step, context)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        parts: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let step = Pin::new(&mut self.inner).poll_write_vectored(context, parts);
        self.within(step, context)
    }

    fn is_write_vectored(&self) -> bool {
        self.inner.is_write_vectored()
    }
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};

    use super::*;

    fn runtime() -> tokio::runtime::Runtime {
        let mut builder = tokio::runtime::Builder::new_current_thread();
        builder.enable_time().start_paused(true).build().unwrap()
    }

    #[test]
    fn a_client_that_does_not_read_is_given_up() {
        runtime().block_on(async {
            let (ours, _theirs) = tokio::io::duplex(4);
            let mut patient = Patient::new(ours, Duration::from_secs(15));
            let error = patient.write_all(b"too much").await.unwrap_err();
            assert_eq!(error.kind(), io::ErrorKind::TimedOut);
        });
    }

    #[test]
    fn one_that_reads_slowly_gets_everything() {
        runtime().block_on(async {
            let (ours, mut theirs) = tokio::io::duplex(1);
            let mut patient = Patient::new(ours, Duration::from_secs(15));
            let reading = async {
                for _ in 0..8 {
                    sleep(Duration::from_secs(14)).await;
                    theirs.read_u8().await.unwrap();
                }
            };
            let (written, ()) = tokio::join!(patient.write_all(b"too much"), reading);
            written.unwrap();
        });
    }
}
