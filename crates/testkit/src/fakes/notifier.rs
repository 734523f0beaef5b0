use std::{
    collections::VecDeque,
    sync::{Mutex, MutexGuard, PoisonError},
};

use async_trait::async_trait;
use doorward_notifier::{Body, Envelope, Notifier, Receipt, SendError};
use tokio::sync::Notify;

/// Delivers nothing and remembers what it was given; failures can be scripted.
#[derive(Debug, Default)]
pub struct RecordingNotifier {
    record: Mutex<Record>,
    tried: Notify,
}

#[derive(Debug, Default)]
struct Record {
    offered: Vec<Envelope>,
    sent: Vec<Envelope>,
    failures: VecDeque<SendError>,
}

impl RecordingNotifier {
    /// Fails the next try that has no failure yet.
    pub fn fail_next(&self, error: SendError) {
        self.record().failures.push_back(error);
    }

    /// Returns what was sent without a failure, oldest first.
    pub fn sent(&self) -> Vec<Envelope> {
        self.record().sent.clone()
    }

    /// Returns what it was asked to send, failures included, oldest first.
    pub fn offered(&self) -> Vec<Envelope> {
        self.record().offered.clone()
    }

    /// Returns how often it was asked to send, failures included.
    pub fn tries(&self) -> usize {
        self.record().offered.len()
    }

    /// The code in an envelope.
    pub fn code_of(envelope: &Envelope) -> Option<String> {
        match &envelope.body {
            Body::Code { code, .. } => Some(code.reveal().clone()),
            Body::Notice { .. } => None,
        }
    }

    /// The code that was sent last to an address or number.
    pub fn last_code(&self, recipient: &str) -> Option<String> {
        let sent = self.sent();
        sent.iter().rev().filter(|envelope| envelope.recipient.as_str() == recipient).find_map(Self::code_of)
    }

    /// The token to undo a change that was sent last to an address or number.
    pub fn last_undo(&self, recipient: &str) -> Option<String> {
        let sent = self.sent();
        sent.iter().rev().filter(|envelope| envelope.recipient.as_str() == recipient).find_map(|envelope| {
            match &envelope.body {
                Body::Notice { undo, .. } => undo.as_ref().map(|token| token.reveal().clone()),
                Body::Code { .. } => None,
            }
        })
    }

    /// Waits until it was asked to send that often.
    pub async fn wait_for_tries(&self, tries: usize) {
        loop {
            let next = self.tried.notified();
            if self.tries() >= tries {
                return;
            }
            next.await;
        }
    }

    fn record(&self) -> MutexGuard<'_, Record> {
        self.record.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[async_trait]
impl Notifier for RecordingNotifier {
    async fn send(&self, envelope: &Envelope) -> Result<Receipt, SendError> {
        let outcome = {
            let mut record = self.record();
            record.offered.push(envelope.clone());
            let failure = record.failures.pop_front();
            if failure.is_none() {
                record.sent.push(envelope.clone());
            }
            failure.map_or_else(|| Ok(Receipt::default()), Err)
        };
        self.tried.notify_waiters();
        outcome
    }
}

#[cfg(test)]
mod tests {
    use doorward_kernel::{Locale, MessageId};
    use doorward_notifier::{NoticeTemplate, Recipient};

    use super::*;
    use crate::fixtures;

    #[tokio::test]
    async fn a_scripted_failure_is_not_sent() {
        let notifier = RecordingNotifier::default();
        let body = Body::Notice { template: NoticeTemplate::PasswordChanged, detail: None, undo: None };
        let recipient = Recipient::Email(fixtures::email(1));
        let envelope = Envelope {
            id: MessageId::from_bytes([1; 16]),
            recipient,
            locale: Locale::En,
            body,
            expires_at: fixtures::now(),
            report_token: "token".to_owned(),
        };
        notifier.fail_next(SendError::transient("busy"));

        assert!(notifier.send(&envelope).await.is_err());
        assert!(notifier.send(&envelope).await.is_ok());

        notifier.wait_for_tries(2).await;
        assert_eq!((notifier.sent().len(), notifier.tries()), (1, 2));
    }
}
