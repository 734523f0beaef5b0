use std::{
    net::{Shutdown, TcpListener},
    sync::atomic::{AtomicBool, Ordering},
};

use actix_web::dev::Extensions;
use socket2::SockRef;
use tokio_util::task::TaskTracker;

/// Whether the service is about to stop, and the connections that are still open.
#[derive(Debug, Default)]
pub(crate) struct Drain {
    is_begun: AtomicBool,
    connections: TaskTracker,
}

impl Drain {
    /// Lets every answer from now on end its connection, and the node say that it is not ready.
    pub(crate) fn begin(&self) {
        self.is_begun.store(true, Ordering::Relaxed);
    }

    pub(crate) fn is_begun(&self) -> bool {
        self.is_begun.load(Ordering::Relaxed)
    }

    /// Counts a connection for as long as it is open and keeps the data.
    pub(crate) fn count(&self, data: &mut Extensions) {
        data.insert(self.connections.token());
    }

    /// Waits until no connection is open.
    pub(crate) async fn all_closed(&self) {
        self.connections.close();
        self.connections.wait().await;
    }
}

/// Lets the kernel leave requests for a connection (SYN) without an answer; returns whether it does.
///
/// A socket that is closed resets the connections which clients have made and nobody has accepted yet, and a proxy
/// must not send again what it has sent. With nobody added, those can be accepted first. Who was left without an
/// answer asks again after a second, and is refused by then.
#[cfg(target_os = "linux")]
pub(crate) fn ignore_new(listener: &TcpListener) -> bool {
    use socket2::SockFilter;

    // In classic BPF: of the fourteenth byte of the TCP header the flags SYN and ACK; where SYN is alone keep nothing.
    let only_established = [
        SockFilter::new(0x30, 0, 0, 13),
        SockFilter::new(0x54, 0, 0, 0x12),
        SockFilter::new(0x15, 0, 1, 0x02),
        SockFilter::new(0x06, 0, 0, 0),
        SockFilter::new(0x06, 0, 0, u32::MAX),
    ];
    SockRef::from(listener).attach_filter(&only_established).is_ok()
}

/// Elsewhere there is no way to.
#[cfg(not(target_os = "linux"))]
pub(crate) fn ignore_new(_: &TcpListener) -> bool {
    false
}

/// Refuses all who ask for a connection, although others hold the socket, too.
pub(crate) fn refuse_new(listener: &TcpListener) {
    // Where the system does not do that to a listening socket, they are refused once it is closed.
    let _ = SockRef::from(listener).shutdown(Shutdown::Both);
}
