//! Proven under fire: runs that are interrupted at random and taken up again. See `tests/fire`.

use crate::fire::{Range, play};

#[expect(clippy::print_stderr, reason = "whoever runs it by hand wants to see how far it is")]
fn say(line: &str) {
    eprintln!("{line}");
}

fn given<T: std::str::FromStr>(name: &str, otherwise: T) -> T {
    std::env::var(name).ok().and_then(|word| word.parse().ok()).unwrap_or(otherwise)
}

/// K1 to K4, R1, R8, J1: no step's effect twice, none lost, none out of order, no wrong outcome believed, and every
/// journal verifies, whatever is killed, cut, stopped or full.
#[test]
fn a_run_under_fire_ends_with_each_effect_once() {
    let report = play(&Range { interruptions: 40, seed: 1, faults: "quick".to_owned(), workers: 3, progress: say });
    assert!(report.failed.is_empty(), "{report}");
    assert!(report.interruptions() >= 40, "{report}");
}

/// `tests/fire/run` starts it.
#[test]
#[ignore = "by hand: tests/fire/run"]
fn by_hand() {
    let report = play(&Range {
        interruptions: given("FIRE_INTERRUPTIONS", 100),
        seed: given("FIRE_SEED", 1),
        faults: given("FIRE_FAULTS", "quick".to_owned()),
        workers: given("FIRE_WORKERS", 4),
        progress: say,
    });
    say(&report.to_string());
    assert!(report.failed.is_empty(), "{} rounds failed", report.failed.len());
}
