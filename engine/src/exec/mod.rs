//! The world: the driver's loop, transports, the keeper. The only async code of the engine.

pub mod driver;
pub mod follow;
pub mod keeper;
pub mod people;
pub(crate) mod secret;
pub mod signature;
pub mod transport;
pub mod watch;
