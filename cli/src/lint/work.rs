//! A list of work, done by as many threads as there are processors. What comes of it is in the order of the list.

use std::num::NonZero;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicUsize, Ordering};

/// More would only wait for each other.
const MOST: usize = 16;

/// That of the main thread: blocks nest as deep on every one.
const STACK: usize = 8 << 20;

/// Does `one` for every item.
pub(super) fn all<I: Sync, T: Send + Sync>(items: &[I], one: impl Fn(&I) -> T + Sync) -> Vec<T> {
    let threads = std::thread::available_parallelism().map_or(1, NonZero::get).min(items.len()).min(MOST);
    if threads <= 1 {
        return items.iter().map(one).collect();
    }
    let done: Vec<OnceLock<T>> = items.iter().map(|_| OnceLock::new()).collect();
    let next = AtomicUsize::new(0);
    let work = || {
        while let Some((item, slot)) = {
            let at = next.fetch_add(1, Ordering::Relaxed);
            items.get(at).zip(done.get(at))
        } {
            // Each place is taken by one thread alone.
            let _ = slot.set(one(item));
        }
    };
    std::thread::scope(|scope| {
        for _ in 1..threads {
            // Where no more threads are to be had, those that there are do it all.
            let _ = std::thread::Builder::new().stack_size(STACK).spawn_scoped(scope, work);
        }
        work();
    });
    done.into_iter().filter_map(OnceLock::into_inner).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_is_done_once_and_the_order_stays() {
        let items: Vec<usize> = (0..1000).collect();
        let done = AtomicUsize::new(0);
        let results = all(&items, |item| {
            done.fetch_add(1, Ordering::Relaxed);
            *item
        });
        assert_eq!((results, done.into_inner()), (items, 1000));
        assert!(all(&[], |item: &usize| *item).is_empty());
    }
}
