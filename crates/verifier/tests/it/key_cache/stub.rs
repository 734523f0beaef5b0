use std::{
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use async_trait::async_trait;
use doorward_verifier::{Claims, JwksDocument, JwksError, JwksSource, Verifier, VerifyError};
use serde_json::Value;
use tokio::{sync::Semaphore, task::yield_now};

use crate::issuer::{AUDIENCE, ISSUER, Issuer, NOW, at};

/// An issuer's key set that counts its fetches, can be down, and can keep callers waiting.
pub(super) struct Stub {
    answer: Mutex<Option<Value>>,
    fetches: AtomicUsize,
    gate: Semaphore,
}

#[async_trait]
impl JwksSource for Stub {
    async fn fetch(&self) -> Result<JwksDocument, JwksError> {
        self.fetches.fetch_add(1, Ordering::SeqCst);
        let _permit = self.gate.acquire().await.unwrap();
        let answer = self.answer.lock().unwrap().clone().ok_or(JwksError::Status(502))?;
        Ok(JwksDocument { body: answer.to_string().into_bytes(), max_age: Some(Duration::from_mins(10)) })
    }
}

impl Stub {
    pub(super) fn new(answer: Option<Value>) -> Arc<Self> {
        Arc::new(Self { answer: Mutex::new(answer), fetches: AtomicUsize::new(0), gate: Semaphore::new(1) })
    }

    /// One whose answers wait until the gate is opened.
    pub(super) fn slow(answer: Option<Value>) -> Arc<Self> {
        let stub = Self::new(answer);
        stub.close();
        stub
    }

    pub(super) fn open(&self) {
        self.gate.add_permits(1);
    }

    pub(super) fn close(&self) {
        self.gate.forget_permits(1);
    }

    pub(super) fn publish(&self, answer: Option<Value>) {
        *self.answer.lock().unwrap() = answer;
    }

    pub(super) fn fetches(&self) -> usize {
        self.fetches.load(Ordering::SeqCst)
    }

    pub(super) fn verifier(self: &Arc<Self>) -> Verifier {
        Verifier::builder(ISSUER, AUDIENCE).source(Arc::clone(self)).build().unwrap()
    }
}

pub(super) async fn verify(verifier: &Verifier, issuer: &Issuer) -> Result<Claims, VerifyError> {
    verifier.verify_at(&issuer.token(), at(NOW)).await
}

/// Lets tasks run until they wait for something.
pub(super) async fn settle() {
    for _ in 0..100 {
        yield_now().await;
    }
}
