use std::{fmt, ops::Deref, sync::Arc};

use async_trait::async_trait;
use doorward_app::Store;
use doorward_kernel::AuditEvent;

/// Lets tests see what no port shows: the audit events.
#[async_trait]
pub trait AuditLog: Send + Sync {
    /// Every event that was written, oldest first.
    async fn events(&self) -> Vec<AuditEvent>;
}

/// A store, and what it has recorded.
#[derive(Clone)]
pub struct Stores {
    /// The store.
    pub store: Arc<dyn Store>,
    /// Shows what was recorded.
    pub audit: Arc<dyn AuditLog>,
}

impl Stores {
    /// A store that shows what it has recorded.
    pub fn of(store: Arc<impl Store + AuditLog + 'static>) -> Self {
        Self { store: store.clone(), audit: store }
    }
}

impl Deref for Stores {
    type Target = dyn Store;

    fn deref(&self) -> &Self::Target {
        &*self.store
    }
}

impl fmt::Debug for Stores {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Stores").finish_non_exhaustive()
    }
}
