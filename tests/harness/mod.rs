//! What the integration tests stand on: the binary in a scrubbed environment, and real servers, started for one test and
//! gone with it.
//!
//! Everything lies in one scratch folder a fixture; nothing of the user's is read or touched. `tests/install.sh` brings
//! the programs.

pub mod desk;
pub mod farm;
pub mod faults;
pub mod fingerprint;
pub mod glass;
pub mod lab;
pub mod listener;
pub mod mariadb;
pub mod scratch;
pub mod seat;
pub mod signers;
pub mod sshd;
pub mod struck;
pub mod tally;
pub mod team;
pub mod trial;
pub mod walk;
