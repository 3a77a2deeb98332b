//! What commands print: how much of it is kept, and what is said when it is not all.

use crate::harness::desk::Desk;

fn run(desk: &Desk, step: &str) -> crate::harness::desk::Ran {
    let file = desk.file("a.runbook", format!("runbook a \"A\" {{\n  step s on local {{\n{step}\n  }}\n}}\n"));
    desk.runbook(["run".as_ref(), file.as_os_str()])
}

#[test]
fn a_capture_over_its_limit_fails_the_step_and_says_what_to_do() {
    let desk = Desk::new();
    let ran = run(&desk, "    run `head -c 1048577 /dev/zero | tr '\\0' x`\n    capture all: string");
    assert_eq!(ran.status, 3, "{ran:?}");
    assert!(ran.err.contains("more than the 1MiB that a capture may hold"), "{}", ran.err);
    assert!(desk.events().iter().all(|e| e.to_string().len() < 10_000), "nothing of it is in the journal");
    let ran = run(&desk, "    run `head -c 1048576 /dev/zero | tr '\\0' x`\n    capture all: string");
    assert_eq!(ran.status, 0, "{ran:?}");
}

#[test]
fn j4_a_step_that_ends_well_says_that_its_output_was_cut() {
    let desk = Desk::new();
    let ran = run(&desk, "    run `head -c 70000000 /dev/zero`");
    assert_eq!(ran.status, 0, "{}", ran.err);
    assert!(ran.err.contains("its output is not kept whole"), "{}", ran.err);
    let log = desk.runbook(["log", "last"]);
    assert!(format!("{}{}", log.out, log.err).contains("its output is not kept whole"), "{log:?}");
    let ran = run(&desk, "    run `echo short`");
    assert!(!ran.err.contains("not kept whole"), "{}", ran.err);
}

#[test]
fn j4_a_step_says_otherwise_how_much_of_its_output_is_kept() {
    let desk = Desk::new();
    let kept = |desk: &Desk| desk.runbook(["log", "last", "s@local"]).out.len();
    let ran = run(&desk, "    run `head -c 70000000 /dev/zero | tr '\\0' x`\n    output_limit 100MB");
    assert!(ran.status == 0 && !ran.err.contains("not kept whole"), "{}", ran.err);
    assert_eq!(kept(&desk), 70_000_000);
    let ran = run(&desk, "    run `head -c 70000 /dev/zero | tr '\\0' x`\n    output_limit 1KiB");
    assert!(ran.status == 0 && ran.err.contains("over the limit (`output_limit`)"), "{}", ran.err);
    assert_eq!(kept(&desk), 1024);
    let ran = run(&desk, "    run `true`\n    output_limit 5m");
    assert!(ran.status == 2 && ran.err.contains("`output_limit`") && ran.err.contains("size"), "{}", ran.err);
}
