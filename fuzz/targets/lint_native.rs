#![no_main]

#[path = "../laws.rs"]
mod laws;
#[path = "../lint_laws.rs"]
mod lint_laws;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| lint_laws::lint(bytes, grammar::Spelling::Native));
