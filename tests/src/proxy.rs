//! A network that can be broken.
//!
//! A server that reaches its database through this loses it when the test says so, and in both
//! ways that there are: at once, or without a word. What is swallowed is not lost but late, as it
//! is on a network: when the line heals it arrives, long after anybody waits for it.

use std::io::{Read, Write};
use std::net::{Ipv4Addr, Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;

/// How a line is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Line {
    /// Everything passes.
    Open,
    /// What is connected is closed, and what connects is closed at once.
    Cut,
    /// What is connected stays so, what connects is accepted, and nothing passes.
    Silent,
}

/// One line to one address. Closed for good when it is dropped.
#[derive(Debug)]
pub struct Proxy {
    shared: Arc<Shared>,
    /// Where it is reached.
    pub address: SocketAddr,
}

#[derive(Debug)]
struct Shared {
    target: SocketAddr,
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Debug)]
struct State {
    line: Line,
    closed: bool,
    /// How often it was cut: what was connected before that is gone.
    cuts: u64,
    connected: Vec<TcpStream>,
}

impl Proxy {
    /// A line that is open.
    ///
    /// # Panics
    ///
    /// If there is no port for it.
    #[must_use]
    pub fn to(target: SocketAddr) -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a free port");
        let address = listener.local_addr().expect("its address");
        let state = State { line: Line::Open, closed: false, cuts: 0, connected: Vec::new() };
        let shared = Shared { target, state: Mutex::new(state), changed: Condvar::new() };
        let shared = Arc::new(shared);
        let accepting = Arc::clone(&shared);
        thread::spawn(move || accepting.accept(&listener));
        Self { shared, address }
    }

    /// Makes the line so from now on.
    pub fn set(&self, line: Line) {
        let mut state = self.shared.lock();
        state.line = line;
        if line == Line::Cut {
            state.close();
        }
        self.shared.changed.notify_all();
    }

    /// How the line is.
    #[must_use]
    pub fn line(&self) -> Line {
        self.shared.lock().line
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        let mut state = self.shared.lock();
        state.closed = true;
        state.close();
        drop(state);
        self.shared.changed.notify_all();
        // Wakes whoever accepts, to see that it is over.
        let _ = TcpStream::connect(self.address);
    }
}

impl State {
    fn close(&mut self) {
        self.cuts += 1;
        for stream in self.connected.drain(..) {
            let _ = stream.shutdown(Shutdown::Both);
        }
    }
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn accept(self: &Arc<Self>, listener: &TcpListener) {
        for stream in listener.incoming() {
            if self.lock().closed {
                return;
            }
            let Ok(stream) = stream else { continue };
            let (shared, cuts) = (Arc::clone(self), self.lock().cuts);
            thread::spawn(move || shared.connect(stream, cuts));
        }
    }

    /// Waits until something may pass; whether what was connected then still is.
    fn passes(&self, cuts: u64) -> bool {
        let state = self.lock();
        let state = self.changed.wait_while(state, |state| {
            state.line == Line::Silent && state.cuts == cuts && !state.closed
        });
        let state = state.unwrap_or_else(PoisonError::into_inner);
        state.line == Line::Open && state.cuts == cuts
    }

    fn connect(self: &Arc<Self>, near: TcpStream, cuts: u64) {
        if !self.keep(&near, cuts) || !self.passes(cuts) {
            return;
        }
        let Ok(far) = TcpStream::connect(self.target) else { return };
        let _ = (near.set_nodelay(true), far.set_nodelay(true));
        let (Ok(near_too), Ok(far_too)) = (near.try_clone(), far.try_clone()) else { return };
        if !self.keep(&far, cuts) {
            return;
        }
        let shared = Arc::clone(self);
        thread::spawn(move || shared.pass(far_too, near_too, cuts));
        self.pass(near, far, cuts);
    }

    /// Keeps a connection to be closed with the others; not where that has happened.
    fn keep(&self, stream: &TcpStream, cuts: u64) -> bool {
        let mut state = self.lock();
        let Ok(kept) = stream.try_clone() else { return false };
        let is_late = state.cuts != cuts || state.closed || state.line == Line::Cut;
        if is_late {
            let _ = kept.shutdown(Shutdown::Both);
        } else {
            // Those that ended by themselves are forgotten.
            state.connected.retain(|stream| stream.peer_addr().is_ok());
            state.connected.push(kept);
        }
        !is_late
    }

    /// Passes on what comes from the one to the other until either is gone.
    fn pass(&self, mut from: TcpStream, mut to: TcpStream, cuts: u64) {
        let mut buffer = vec![0; 16 * 1024];
        while let Ok(read @ 1..) = from.read(&mut buffer) {
            let passes = self.passes(cuts);
            if !passes || to.write_all(buffer.get(..read).unwrap_or_default()).is_err() {
                break;
            }
        }
        // An end is passed on like anything else.
        self.passes(cuts);
        let _ = (from.shutdown(Shutdown::Both), to.shutdown(Shutdown::Both));
    }
}
