//! A pipe between a command and its sidecar: it holds so much, and then the writer waits.

use std::cell::{Cell, RefCell};

use tokio::sync::Notify;

/// A pipe. One writes, one reads.
#[derive(Debug)]
pub(super) struct Pipe {
    room: usize,
    bytes: RefCell<Vec<u8>>,
    closed: Cell<bool>,
    written: Cell<usize>,
    filled: Notify,
    taken: Notify,
}

impl Pipe {
    pub(super) fn new(room: usize) -> Pipe {
        Pipe {
            room,
            bytes: RefCell::default(),
            closed: Cell::new(false),
            written: Cell::new(0),
            filled: Notify::new(),
            taken: Notify::new(),
        }
    }

    /// Puts bytes in, as soon as there is room for each.
    pub(super) async fn write(&self, mut bytes: &[u8]) {
        while !bytes.is_empty() {
            let free = self.room.saturating_sub(self.bytes.borrow().len());
            let n = free.min(bytes.len());
            if n == 0 {
                self.taken.notified().await;
                continue;
            }
            self.bytes.borrow_mut().extend_from_slice(&bytes[..n]);
            self.written.set(self.written.get() + n);
            self.filled.notify_one();
            bytes = &bytes[n..];
        }
    }

    /// Bytes that were put in so far.
    pub(super) fn written(&self) -> usize {
        self.written.get()
    }

    /// Nothing more comes.
    pub(super) fn close(&self) {
        self.closed.set(true);
        self.filled.notify_one();
    }

    /// What is in it, at most so much, once there is something; nothing at its end.
    pub(super) async fn read(&self, most: usize) -> Vec<u8> {
        loop {
            let n = self.bytes.borrow().len().min(most);
            if n > 0 {
                self.taken.notify_one();
                return self.bytes.borrow_mut().drain(..n).collect();
            }
            if self.closed.get() {
                return Vec::new();
            }
            self.filled.notified().await;
        }
    }

    /// Waits until nothing is in it.
    pub(super) async fn drained(&self) {
        while !self.bytes.borrow().is_empty() {
            self.taken.notified().await;
        }
    }
}
