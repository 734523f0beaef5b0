use std::{
    collections::VecDeque,
    sync::{Condvar, Mutex, MutexGuard, PoisonError},
};

/// A first-in, first-out queue between callers that never wait and threads that do.
///
/// Items have weights, and all that wait weigh no more than the capacity, or are one item.
pub(super) struct Queue<T> {
    capacity: usize,
    state: Mutex<State<T>>,
    changed: Condvar,
}

struct State<T> {
    waiting: VecDeque<(T, usize)>,
    weight: usize,
    is_closed: bool,
}

impl<T> Queue<T> {
    pub(super) fn new(capacity: usize) -> Self {
        let state = State { waiting: VecDeque::new(), weight: 0, is_closed: false };
        Self { capacity, state: Mutex::new(state), changed: Condvar::new() }
    }

    /// Adds an item; hands it back when the queue is full or closed.
    pub(super) fn push(&self, item: T, weight: usize) -> Result<(), T> {
        let mut state = self.lock();
        // What weighs more than the capacity alone may wait, but nothing beside it.
        let weight = weight.min(self.capacity);
        if state.is_closed || self.capacity == 0 || state.weight + weight > self.capacity {
            return Err(item);
        }
        state.weight += weight;
        state.waiting.push_back((item, weight));
        drop(state);
        self.changed.notify_one();
        Ok(())
    }

    /// Waits for the oldest item; `None` once the queue is closed.
    pub(super) fn pop(&self) -> Option<T> {
        let is_idle = |state: &mut State<T>| !state.is_closed && state.waiting.is_empty();
        let mut state = self.changed.wait_while(self.lock(), is_idle).unwrap_or_else(PoisonError::into_inner);
        if state.is_closed {
            return None;
        }
        let (item, weight) = state.waiting.pop_front()?;
        state.weight -= weight;
        Some(item)
    }

    /// Drops all items and lets every waiting thread go.
    pub(super) fn close(&self) {
        let mut state = self.lock();
        state.is_closed = true;
        state.waiting.clear();
        drop(state);
        self.changed.notify_all();
    }

    fn lock(&self) -> MutexGuard<'_, State<T>> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn items_come_out_in_the_order_they_went_in() {
        let queue = Queue::new(2);

        queue.push(1, 1).unwrap();
        queue.push(2, 1).unwrap();

        assert_eq!((queue.pop(), queue.pop()), (Some(1), Some(2)));
    }

    #[test]
    fn a_full_queue_hands_the_item_back() {
        let (none, one) = (Queue::new(0), Queue::new(1));
        one.push(1, 1).unwrap();

        assert_eq!(none.push(2, 1), Err(2));
        assert_eq!(one.push(2, 1), Err(2));
    }

    #[test]
    fn what_waits_weighs_no_more_than_the_capacity() {
        let queue = Queue::new(10);

        assert_eq!(queue.push(1, 6), Ok(()));
        assert_eq!(queue.push(2, 5), Err(2));
        assert_eq!(queue.push(3, 4), Ok(()));
        assert_eq!(queue.pop(), Some(1));
        assert_eq!(queue.push(4, 6), Ok(()));
    }

    #[test]
    fn what_weighs_more_than_the_capacity_waits_alone() {
        let queue = Queue::new(10);

        assert_eq!(queue.push(1, 100), Ok(()));
        assert_eq!(queue.push(2, 1), Err(2));
        assert_eq!(queue.pop(), Some(1));
        assert_eq!(queue.push(2, 1), Ok(()));
    }

    #[test]
    fn a_closed_queue_takes_and_gives_nothing() {
        let queue = Queue::new(2);
        queue.push(1, 1).unwrap();

        queue.close();

        assert_eq!(queue.push(2, 1), Err(2));
        assert_eq!(queue.pop(), None);
    }
}
