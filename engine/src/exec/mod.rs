//! The world: the driver's loop, transports, the keeper. The only async code of the engine.

pub mod keeper;
pub mod transport;
