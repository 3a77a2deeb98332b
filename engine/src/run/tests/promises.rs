//! Promises of the semantics page, by letter and number, on plans small enough to read.
