//! The integration tests: the real binary against real shells, real sshds, real databases and real hosts. One binary,
//! so that it links once. Each test has a folder, a state and a home of its own.

#![expect(unreachable_pub, reason = "a test binary has no outside; `pub` says what a fixture offers its tests")]

mod fire;
mod harness;
mod suites;
