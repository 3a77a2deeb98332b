//! `lock "name"`: what a run holds on its hosts, so that no other run of that name goes on there.

use grammar::ast::Operand;
use grammar::source::Text;

use super::error::CheckError;
use super::walk::{Checker, Place};
use crate::lock_name;

pub(crate) const LOCKS: &str = "a lock's name is a short text that says what is kept from others: `lock \"matomo\"`";

pub(crate) fn bad_lock(name: &str) -> String {
    if name.is_empty() { "a lock without a name".to_owned() } else { format!("the name of a lock is too long: {} bytes", name.len()) }
}

impl Checker<'_> {
    /// The names must be known before the run: they are taken before anything begins.
    pub(super) fn locks(&mut self, locks: &[Text], place: &Place) {
        for (at, lock) in locks.iter().enumerate() {
            self.prose(lock, place);
            self.known_early(&Operand::Literal(lock.clone()), "the name of a lock", place);
            if lock.text.contains("{{") {
                continue;
            }
            if lock_name::in_folder(&lock.text).is_none() {
                self.error(CheckError::BadLock { at: lock.span, name: lock.text.clone() });
            } else if let Some(first) = locks[..at].iter().find(|other| other.text == lock.text) {
                self.error(CheckError::LockTwice { at: lock.span, first: first.span, name: lock.text.clone() });
            }
        }
    }
}
