//! Values, environment and input arrive as they are, and as nothing else.

use std::fs;

use proptest::prelude::*;

use super::{super::*, lab::*};
use crate::exec::keeper::call::*;

#[tokio::test]
async fn values_with_every_hostile_byte_arrive_as_they_are() {
    for shell in SHELLS {
        let bench = Bench::local(shell);
        let keeper = bench.keeper().await;
        let x = bench.dir.path().join("X");
        let every: String = (1_u8..128).map(char::from).chain("é€😀\u{85}\u{a0}".chars()).collect();
        let hostile = [
            format!("a[$(touch {})]", x.display()),
            format!("$(touch {0})`touch {0}`", x.display()),
            "*".into(),
            "-rf".into(),
            "'".into(),
            "''\\''\"".into(),
            "\n".into(),
            "a\n\n".into(),
            "EOF\nEOF\n".into(),
            "#RB-END".into(),
            "%s%b\\n\\0101".into(),
            "$v".into(),
            "~".into(),
            String::new(),
            every,
            "y".repeat(150_000),
        ];
        for interpreter in [Shell::Sh, Shell::Bash] {
            for (at, value) in hostile.iter().enumerate() {
                let mut printed = Printed::default();
                let call = Call {
                    values: vec![("v".into(), value.clone())],
                    env: vec![("E".into(), value.clone().into())],
                    shell: interpreter,
                    ..sh("printf %s \"$v\"; printf %s \"$E\" >&2")
                };
                keeper.read(&call, soon(), &mut printed).await.unwrap_or_else(|error| panic!("{shell} {at}: {error}"));
                assert!(printed.out == value.as_bytes() && printed.err == value.as_bytes(), "{shell}: value {at}");
            }
        }
        assert!(!x.exists(), "{shell}");
        let secret = Call { values: vec![("v".into(), "s3cr3t-9f".into())], stdin: Some(b"s3cr3t-9f".to_vec()), ..sh("env; ps axww -o args; cat >/dev/null") };
        let mut printed = Printed::default();
        keeper.start(&name("n.1"), 1, &secret, soon(), &mut printed).await.expect("start");
        assert!(!printed.text().contains("s3cr3t-9f"), "{shell}: unexported, and in no argument");
        let found = tool("grep", &["-rl", "s3cr3t-9f", &bench.run().display().to_string()]);
        assert_eq!(found, "", "{shell}: in no file");
    }
}

#[tokio::test]
async fn standard_input_is_the_given_bytes_or_nothing() {
    let all: Vec<u8> = (0..=255_u8).cycle().take(70_000).collect();
    for shell in SHELLS {
        let bench = Bench::local(shell);
        let keeper = bench.keeper().await;
        for (at, stdin) in [None, Some(vec![]), Some(b"no newline".to_vec()), Some(b"\n\n".to_vec()), Some(all.clone())].into_iter().enumerate() {
            for interpreter in [Shell::Sh, Shell::Bash] {
                let mut printed = Printed::default();
                let call = Call { stdin: stdin.clone(), shell: interpreter, ..sh("cat") };
                keeper.read(&call, soon(), &mut printed).await.unwrap_or_else(|error| panic!("{shell} {at}: {error}"));
                assert!(printed.out == stdin.clone().unwrap_or_default(), "{shell}: input {at}");
            }
        }
        for bytes in ["\\000", "\\000\\000\\000", "\\n\\000", "\\000\\n"] {
            let mut printed = Printed::default();
            keeper.read(&sh(&format!("printf '{bytes}'")), soon(), &mut printed).await.expect("read");
            assert_eq!(printed.text(), bytes.replace("\\000", "\0").replace("\\n", "\n"), "{shell}: output");
        }
        let nobody = Call { user: Some("nobody".into()), stdin: Some(b"x\0y".to_vec()), ..sh("od -An -c") };
        let mut printed = Printed::default();
        keeper.read(&nobody, soon(), &mut printed).await.expect("read");
        assert_eq!(printed.text().split_whitespace().collect::<Vec<_>>(), ["x", "\\0", "y"], "{shell}");
    }
}

#[tokio::test]
async fn a_long_text_leaves_the_input_and_the_masks_behind_it_alone() {
    let (value, input) = ("y".repeat(40_000), "in put\n".repeat(5_000));
    for shell in SHELLS {
        let bench = Bench::local(shell);
        let keeper = bench.keeper().await;
        for masks in [vec![], vec!["s3cr3t-9f".to_owned().into()]] {
            let mut printed = Printed::default();
            let call = Call { values: vec![("v".into(), value.clone())], stdin: Some(input.clone().into_bytes()), masks, ..sh("printf '%s|' \"$v\"; cat") };
            keeper.read(&call, soon(), &mut printed).await.unwrap_or_else(|error| panic!("{shell}: {error}"));
            assert!(printed.out == format!("{value}|{input}").as_bytes(), "{shell}");
        }
    }
}

#[tokio::test]
async fn a_script_is_parsed_whole_before_anything_of_it_runs() {
    for shell in SHELLS {
        let bench = Bench::local(shell);
        let keeper = bench.keeper().await;
        let marker = bench.dir.path().join("marker");
        let call = sh(&format!("echo ran >{}\nif true; then\necho unfinished", marker.display()));
        let ended = keeper.read(&call, soon(), &mut Printed::default()).await.expect("read");
        assert!(!marker.exists() && ended.exit != Exit::Code(0), "{shell}");
        for (script, out) in [("echo a # comment", "a\n"), ("cat <<X\nhere\nX", "here\n"), ("echo a \\\n", "a\n"), ("", ""), ("# only", "")] {
            let mut printed = Printed::default();
            let ended = keeper.read(&sh(script), soon(), &mut printed).await.expect("read");
            assert_eq!((ended.exit, printed.text().as_str()), (Exit::Code(0), out), "{shell}: {script}");
        }
    }
}

#[tokio::test]
async fn a_command_is_not_deaf_and_pipes_fail_as_asked() {
    for shell in SHELLS {
        let bench = Bench::local(shell);
        let keeper = bench.keeper().await;
        let mut printed = Printed::default();
        keeper.read(&sh("sed -n 's/SigIgn:\t*//p' /proc/self/status"), soon(), &mut printed).await.expect("read");
        let ignored = u64::from_str_radix(printed.text().trim(), 16).expect("hex");
        // HUP, INT, QUIT, PIPE, TERM, XFSZ. (Rust's own ignored SIGPIPE must not come through either.)
        assert_eq!(ignored & (1 | 2 | 4 | 1 << 12 | 1 << 14 | 1 << 24), 0, "{shell}: {ignored:x}");
        for (pipefail, exit) in [(true, 1), (false, 0)] {
            let call = Call { pipefail, shell: Shell::Bash, ..sh("false | true") };
            assert_eq!(keeper.read(&call, soon(), &mut Printed::default()).await.expect("read").exit, Exit::Code(exit));
        }
        fs::create_dir(bench.dir.path().join("a 'b")).expect("dir");
        let mut printed = Printed::default();
        let here = bench.dir.path().join("a 'b").display().to_string();
        keeper.read(&Call { cwd: Some(here.clone()), ..sh("pwd") }, soon(), &mut printed).await.expect("read");
        assert_eq!(printed.text().trim(), here);
    }
    let nul = Call { values: vec![("v".into(), "a\0b".into())], ..sh("true") };
    let bench = Bench::local("dash");
    assert!(matches!(bench.keeper().await.read(&nul, soon(), &mut Printed::default()).await, Err(KeeperError::BadCall { .. })));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(40))]
    #[test]
    fn any_value_arrives_as_it_is(value in "[^\0]{0,200}", at in 0..3_usize) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("runtime");
        runtime.block_on(async {
            let mut printed = Printed::default();
            let call = Call { values: vec![("v".into(), value.clone())], ..sh("printf %s \"$v\"") };
            let bench = Bench::local(SHELLS[at]);
            bench.keeper().await.read(&call, soon(), &mut printed).await.expect("read");
            assert_eq!(printed.text(), value);
        });
    }
}

/// Makes a file for each piece that comes.
struct Nods {
    folder: std::path::PathBuf,
    seen: usize,
}

impl Sink for Nods {
    fn write(&mut self, _: Stream, bytes: &[u8]) {
        self.seen += bytes.iter().filter(|byte| **byte == b'\n').count();
        fs::write(self.folder.join(self.seen.to_string()), "").expect("a file");
    }
}

#[tokio::test]
async fn each_line_arrives_while_its_command_waits_for_the_answer() {
    for shell in SHELLS {
        let bench = Bench::local(shell);
        let keeper = bench.keeper().await;
        let mut nods = Nods { folder: bench.dir.path().to_owned(), seen: 0 };
        let call = sh(&format!("for i in 1 2 3 4 5 6; do echo $i; until [ -e {}/$i ]; do sleep 0.02; done; done", bench.dir.path().display()));
        let outcome = keeper.start(&name("n.1"), 1, &call, soon(), &mut nods).await.expect("start");
        assert!(matches!(outcome, Outcome::Ended(Ended { exit: Exit::Code(0), .. })), "{shell}: {outcome:?}");
        assert_eq!(nods.seen, 6, "{shell}");
    }
}
