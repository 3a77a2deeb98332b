//! The integration tests: the real binary against real shells, real sshds, real databases and real hosts. One binary,
//! so that it links once. Each test has a folder, a state and a home of its own.

mod harness;
mod suites;
