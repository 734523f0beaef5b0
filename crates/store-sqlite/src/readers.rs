use std::{
    path::Path,
    sync::{
        Mutex, MutexGuard, PoisonError,
        atomic::{AtomicUsize, Ordering},
    },
};

use diesel::{QueryResult, SqliteConnection};
use doorward_kernel::StoreError;

use crate::{SqliteSettings, connection, fault};

type Slot = Mutex<Option<SqliteConnection>>;

/// Connections that read beside the writer.
///
/// Reads run in place: one by its key takes some 10 µs, and the way to a blocking thread and
/// back costs as much again.
pub(crate) struct Readers {
    slots: Vec<Slot>,
    next: AtomicUsize,
}

impl Readers {
    pub(crate) fn open(path: &Path, settings: &SqliteSettings) -> Result<Self, StoreError> {
        let open = |_| connection::open_reader(path, settings).map(|connection| Mutex::new(Some(connection)));
        let slots = (0..settings.readers.max(1)).map(open).collect::<Result<_, _>>()?;
        Ok(Self { slots, next: AtomicUsize::new(0) })
    }

    /// Runs a query on a connection that is free, or on the next one that becomes free.
    pub(crate) fn read<R>(
        &self,
        mut query: impl FnMut(&mut SqliteConnection) -> QueryResult<R>,
    ) -> Result<R, StoreError> {
        let mut slot = self.acquire().ok_or_else(closed)?;
        let connection = slot.as_mut().ok_or_else(closed)?;
        for _ in 1..fault::TRIES {
            match query(connection) {
                Err(error) if fault::is_locked(&error) => {}
                result => return result.map_err(fault::store_error),
            }
        }
        query(connection).map_err(fault::store_error)
    }

    /// Closes every connection; later reads are unavailable.
    pub(crate) fn close(&self) {
        for slot in &self.slots {
            lock(slot).take();
        }
    }

    fn acquire(&self) -> Option<MutexGuard<'_, Option<SqliteConnection>>> {
        let start = self.next.fetch_add(1, Ordering::Relaxed) % self.slots.len();
        let (before, from) = self.slots.split_at_checked(start)?;
        let free = from.iter().chain(before).find_map(|slot| slot.try_lock().ok());
        free.or_else(|| from.first().map(lock))
    }
}

/// A query that panicked left its connection as it was: reads change nothing.
fn lock(slot: &Slot) -> MutexGuard<'_, Option<SqliteConnection>> {
    slot.lock().unwrap_or_else(PoisonError::into_inner)
}

fn closed() -> StoreError {
    StoreError::unavailable("the store is closed")
}
