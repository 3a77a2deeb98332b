//! The promises against real shells: dash, bash and busybox here, and a real sshd on the loopback.

mod bench;
mod crash;
mod delivery;
mod lab;
mod locks;
mod protocol;
mod remote;
mod secrets;
mod staging;
