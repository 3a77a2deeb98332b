//! Events and states to words, for people and for scripts. Pure: nothing here prints, and no colour is known here.

pub mod history;
pub mod log_json;
pub mod next;
pub mod run_json;
pub mod run_text;
pub mod shown;
pub mod tell;
pub mod tone;
pub mod words;
