//! Codes on their way to whoever waits for them.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex},
    time::Duration,
};

use tokio::{
    sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel},
    time::timeout,
};

/// A code that has not come by then never will.
const PATIENCE: Duration = Duration::from_secs(30);

/// The clients that wait for a code, by number or address.
#[derive(Clone, Default)]
pub(crate) struct Codes(Arc<Mutex<HashMap<String, UnboundedSender<String>>>>);

/// The codes that are sent to one number or address.
pub(crate) struct Inbox(UnboundedReceiver<String>);

impl Codes {
    /// The codes that are sent there from now on; whoever waited there before gets no more.
    pub(crate) fn inbox(&self, recipient: &str) -> Inbox {
        let (to, from) = unbounded_channel();
        self.0.lock().unwrap().insert(recipient.to_owned(), to);
        Inbox(from)
    }

    pub(crate) fn deliver(&self, recipient: &str, code: String) {
        if let Some(to) = self.0.lock().unwrap().get(recipient) {
            // Whoever waits no more has had enough.
            let _ = to.send(code);
        }
    }
}

impl Inbox {
    pub(crate) async fn code(&mut self) -> String {
        timeout(PATIENCE, self.0.recv()).await.expect("a code comes in time").unwrap()
    }
}
