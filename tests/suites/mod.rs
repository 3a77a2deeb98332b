//! One file a subject. Tests are named as sentences; a promise of the semantics page by its letter and number.

mod calls;
mod conformance;
mod crash;
mod evidence;
mod fleet;
mod gates;
mod hostile;
mod house;
mod inventory;
mod journal;
mod lint;
mod locks;
mod malformed;
mod matomo;
mod mysql;
mod outputs;
mod plans;
mod refusals;
mod schema;
mod second_person;
mod secrets;
mod series;
mod spellings;
mod terminal;
mod tour;
mod transfers;
