//! Any string whatever reaches the program byte for byte, or is refused with a reason.
//!
//! `RUNBOOK_HOSTILE_CASES=1000` asks more often than CI does.

use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};

use super::values::{Canary, Hostile, armed, params, short};
use super::world::{Shell, World};

const RUNBOOK: &str = r#"
runbook hostile.any "Hand any value to a program" {
  param groups: json
  param out: path
  target there: host = local
  shell "SHELL"
  for group in groups {
    step send on there {
      run ```
        at={{ out }}/{{ group.name }}
        env printf '%s\0' {{ group.v[0] }} "a {{ group.v[0] }} b" "$(env printf '%s.' {{ group.v[0] }})" > "$at.words"
        cat > "$at.here" <<END
        {{ group.v[0] }}
        END
        ```
      undo none "written words"
    }
  }
}
"#;

/// Any characters but NUL; hostile values in any order; and now and then 100 kB of it.
fn strings(canary: &Canary) -> impl Strategy<Value = String> + use<> {
    let character = prop_oneof![3 => "[ -~]", 2 => "[\n\t\r'\"`$\\\\{}()-]", 1 => any::<char>().prop_map(String::from)];
    let any = prop::collection::vec(character, 0..60).prop_map(|parts| parts.concat().replace('\0', ""));
    let hostile = prop::sample::select(short(canary)).prop_map(|hostile| hostile.value);
    let piece = prop_oneof![3 => any, 2 => hostile];
    let parts = prop::collection::vec(piece, 1..4).prop_map(|parts| parts.concat());
    (parts, prop::bool::weighted(0.04)).prop_map(|(text, long)| match text.lines().next() {
        Some(line) if long && !line.is_empty() => line.repeat(100_000 / line.len()),
        _ => text,
    })
}

fn cases() -> u32 {
    std::env::var("RUNBOOK_HOSTILE_CASES").ok().and_then(|number| number.parse().ok()).unwrap_or(36)
}

/// Several strings in one run, so that a case costs a step.
fn any_string_arrives(world: &World) {
    let canary = Canary::new(&world.desk);
    let each = 12;
    let file = world.desk.file("any.runbook", RUNBOOK.replace("SHELL", world.shell.word()));
    let config = Config { cases: cases().div_ceil(each), failure_persistence: None, max_shrink_iters: 60, ..Config::default() };
    let strings = prop::collection::vec(strings(&canary), each as usize);
    let outcome = TestRunner::new(config).run(&strings, |strings| {
        let groups: Vec<Vec<Hostile>> = strings.into_iter().enumerate().map(|(number, value)| vec![armed(format!("n{number}"), value)]).collect();
        let ran = world.run(&file, &["--params", &params(&world.desk, &groups)]);
        prop_assert_eq!(ran.status, 0, "{}", ran.err.lines().rev().take(20).collect::<Vec<_>>().join("\n"));
        canary.sings_not();
        for Hostile { name, value, .. } in groups.iter().flatten() {
            let read = |end: &str| std::fs::read(world.desk.path("out").join(format!("{name}.{end}"))).unwrap_or_default();
            prop_assert!(read("words") == format!("{value}\0a {value} b\0{value}.\0").as_bytes(), "{:?} is not what arrived", value);
            prop_assert!(read("here") == format!("{value}\n").as_bytes(), "{:?} is not what arrived in the here-document", value);
        }
        Ok(())
    });
    if let Err(error) = outcome {
        panic!("{:?}: {error:.3000}", world.shell);
    }
}

#[test]
fn any_string_arrives_byte_for_byte_locally() {
    any_string_arrives(&World::local(Shell::Dash));
}

#[test]
fn any_string_arrives_byte_for_byte_over_ssh() {
    any_string_arrives(&World::ssh(Shell::Bash));
}

#[test]
fn any_string_arrives_byte_for_byte_over_ssh_under_busybox() {
    any_string_arrives(&World::ssh(Shell::Busybox));
}

#[test]
fn a_nul_in_a_param_is_refused_before_anything_runs() {
    let world = World::local(Shell::Dash);
    let file = world.desk.file("nul.runbook", "runbook a \"A\" {\n  param word: string\n  step s on local { run `touch {{ word }}`; undo none \"x\" }\n}\n");
    let given = world.desk.file("nul.json", r#"{"word": "a\u0000b"}"#);
    let ran = world.run(&file, &["--params", &given.to_string_lossy()]);
    assert!(ran.status == 2 && ran.err.contains("holds a NUL byte"), "{ran:?}");
}

/// What stands deep in JSON is no word before a command asks for it.
#[test]
fn a_nul_in_json_is_refused_before_its_command_is_sent() {
    for world in [World::local(Shell::Dash), World::ssh(Shell::Bash)] {
        let file = world.desk.file("any.runbook", RUNBOOK.replace("SHELL", world.shell.word()));
        let groups = [vec![armed("nul".to_owned(), "a\0b".to_owned())]];
        let ran = world.run(&file, &["--params", &params(&world.desk, &groups)]);
        assert!(ran.status == 3 && ran.err.contains("holds a NUL byte") && ran.err.contains("nothing of it has run"), "{ran:?}");
        assert!(!world.desk.path("out/nul.here").exists(), "nothing of it ran");
    }
}

/// A kernel takes 128 KiB in one argument. A shell has no such limit, so its own commands get all of it.
#[test]
fn a_value_that_no_program_can_be_given_is_an_error_and_never_cut() {
    for world in [World::local(Shell::Dash), World::local(Shell::Bash), World::ssh(Shell::Busybox)] {
        let word = world.shell.word();
        let text = RUNBOOK.replace("SHELL", word);
        let groups = [vec![armed("long".to_owned(), "x".repeat(200_000))]];
        let given = params(&world.desk, &groups);
        let ran = world.run(&world.desk.file("any.runbook", &text), &["--params", &given]);
        assert_eq!(ran.status, 3, "{:?}: {ran:?}", world.shell);
        let log = world.desk.runbook(["log", "last", "send"]);
        assert!(format!("{}{}{}", ran.err, log.out, log.err).contains("rgument list too long"), "{:?}: {} {log:?}", world.shell, ran.err);
        assert_eq!(world.desk.read("out/long.words"), "", "nothing of it was handed over");
        let guard = text.replace("run ```", "check `env true {{ group.v[0] }}`\n      run ```");
        let ran = world.run(&world.desk.file("guard.runbook", &guard), &["--params", &given]);
        assert_eq!(ran.status, 3, "a guard that could not start is an error, and no `no`: {ran:?}");
        assert!(!world.desk.path("out/long.here").exists(), "its step was not sent");
        let builtin = text.replace("env printf", "printf");
        let ran = world.run(&world.desk.file("builtin.runbook", &builtin), &["--params", &given]);
        assert_eq!(ran.status, 0, "{ran:?}");
        let long = &groups[0][0].value;
        assert!(world.desk.read("out/long.words") == format!("{long}\0a {long} b\0{long}.\0"), "{:?}", world.shell);
    }
}
