//! What a command is given and must stand nowhere.

use std::fs;

use proptest::prelude::*;

use super::{super::*, lab::*};
use crate::exec::keeper::call::*;

const SECRET: &str = "s3cr'et \"x\"\n$(id)\\end";

fn masked(script: &str) -> Call {
    Call {
        masks: vec![SECRET.to_owned().into(), "czNjciciZXQ=".to_owned().into(), "hunter22".to_owned().into()],
        env: vec![("PW".into(), SECRET.to_owned().into())],
        ..sh(script)
    }
}

/// Where a text stands below a folder.
fn stands(folder: &std::path::Path, text: &str) -> Vec<String> {
    let mut found = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).expect("a folder").flatten() {
            let (path, kind) = (entry.path(), entry.file_type().expect("a kind"));
            if kind.is_dir() {
                folders.push(path);
            } else if fs::read(&path).is_ok_and(|bytes| bytes.windows(text.len()).any(|w| w == text.as_bytes())) {
                found.push(path.display().to_string());
            }
        }
    }
    found
}

#[tokio::test]
async fn j3_what_a_command_was_given_is_in_no_file_of_its_host_however_it_prints_it() {
    for shell in SHELLS {
        let bench = Bench::local(shell);
        let keeper = bench.keeper().await;
        // Whole, in pieces of one byte, to both streams, beside NUL bytes and signs of printf.
        let script = r#"printf '%s|' "$PW"; i=0; printf %s "$PW" | while IFS= read -r l || [ -n "$l" ]; do
            [ "$i" = 0 ] || echo; i=1; while [ -n "$l" ]; do r=${l#?}; printf %s "${l%"$r"}"; l=$r; sleep 0.01; done; done
            printf '|hunter2'; printf 'hunter22'; printf '%%d\\n\000\\|'; printf 'error %s\n' "$PW" >&2; printf 'hunter2'"#;
        for (at, interpreter) in [Shell::Sh, Shell::Bash].into_iter().enumerate() {
            let mut printed = Printed::default();
            let call = Call { shell: interpreter, ..masked(script) };
            let outcome = keeper.start(&name(&format!("n.{at}")), 1, &call, soon(), &mut printed).await.expect("start");
            assert!(matches!(&outcome, Outcome::Ended(Ended { exit: Exit::Code(0), cut: false, .. })), "{shell}: {outcome:?}");
            assert_eq!(printed.text(), "***|***|hunter2***%d\\n\0\\|hunter2", "{shell} {interpreter:?}");
            assert_eq!(String::from_utf8_lossy(&printed.err), "error ***\n", "{shell}");
        }
        let mut printed = Printed::default();
        keeper.read(&masked("printf '%s\\n' \"$PW\"; ps axww -o args"), soon(), &mut printed).await.expect("read");
        assert!(printed.text().starts_with("***\n") && !printed.text().contains("s3cr"), "{shell}");
        assert_eq!(stands(&bench.run(), "s3cr"), Vec::<String>::new(), "{shell}");
    }
}

#[tokio::test]
async fn j3_a_short_one_that_begins_a_longer_one_waits_for_it_and_shows_nothing_of_it() {
    for shell in SHELLS {
        let bench = Bench::local(shell);
        let keeper = bench.keeper().await;
        let masks = ["line one\nline two!", "hunter22-longer", "hunter22", "line two!", "line one"].map(|mask| mask.to_owned().into());
        let script = "for part in '|hunter22' -lon 'ger|hunter22' '-long|line one' '\nline ' 'two!|hunter22' '|hunter22-longer|hunter22'; do
            printf %b \"$part\"; sleep 0.2; done";
        let mut printed = Printed::default();
        let call = Call { masks: masks.to_vec(), shell: Shell::Sh, ..sh(script) };
        let outcome = keeper.start(&name("n.1"), 1, &call, soon(), &mut printed).await.expect("start");
        assert!(matches!(&outcome, Outcome::Ended(Ended { exit: Exit::Code(0), .. })), "{shell}: {outcome:?}");
        assert_eq!(printed.text(), "|***|***-long|***|***|***|***", "{shell}");
    }
}

#[tokio::test]
async fn masking_keeps_the_limit_the_exit_status_and_the_command_going() {
    for shell in SHELLS {
        let bench = Bench::local(shell);
        let keeper = bench.keeper().await;
        let mut printed = Printed::default();
        let call = Call { output_limit: 50_000, ..masked("head -c 300000 /dev/zero; echo \"$PW\"; exit 3") };
        let outcome = keeper.start(&name("n.1"), 1, &call, soon(), &mut printed).await.expect("start");
        let Outcome::Ended(ended) = outcome else { panic!("{shell}: {outcome:?}") };
        assert_eq!((ended.exit, ended.cut), (Exit::Code(3), true), "{shell}");
        assert!(printed.out.len() <= 50_000 && printed.out.iter().all(|b| *b == 0), "{shell}");
        let call = Call { timeout: std::time::Duration::from_secs(1), ..masked("echo hunter22; sleep 30") };
        let mut printed = Printed::default();
        let outcome = keeper.start(&name("n.2"), 1, &call, soon(), &mut printed).await.expect("start");
        assert!(matches!(&outcome, Outcome::Ended(Ended { exit: Exit::TimedOut { settled: true }, .. })), "{shell}: {outcome:?}");
        assert_eq!(printed.text(), "***\n", "{shell}");
    }
}

#[tokio::test]
async fn j3_what_prints_a_secret_goes_through_memory_alone() {
    for shell in SHELLS {
        let bench = Bench::local(shell);
        let keeper = bench.keeper().await;
        let vault = bench.dir.path().join("vault");
        fs::write(&vault, SECRET).expect("a secret");
        for user in [None, Some("nobody".to_owned())] {
            fs::set_permissions(&vault, std::os::unix::fs::PermissionsExt::from_mode(0o644)).expect("chmod");
            let call = Call { hush: true, user, ..sh(&format!("set -x; cat {}; echo to errors >&2", vault.display())) };
            let mut printed = Printed::default();
            let ended = keeper.read(&call, soon(), &mut printed).await.unwrap_or_else(|error| panic!("{shell}: {error}"));
            assert_eq!((ended.exit, printed.text().as_str(), printed.err.len()), (Exit::Code(0), SECRET, 0), "{shell}");
            assert_eq!(stands(&bench.run(), "s3cr"), Vec::<String>::new(), "{shell}");
        }
        // Empty, failing, too long, out of time, and a user that is not reached: each comes back as it is.
        let read = async |script: &str, user: Option<&str>| {
            let mut printed = Printed::default();
            let timeout = std::time::Duration::from_secs(if script == "sleep 30" { 1 } else { 60 });
            let call = Call { hush: true, user: user.map(str::to_owned), timeout, ..sh(script) };
            (keeper.read(&call, soon(), &mut printed).await, printed)
        };
        let (ended, printed) = read("exit 3", None).await;
        assert!(matches!(ended, Ok(Ended { exit: Exit::Code(3), .. })) && printed.out.is_empty(), "{shell}: {ended:?}");
        let (ended, printed) = read("head -c 200000 /dev/zero", None).await;
        assert!(ended.is_ok() && (65_536..65_700).contains(&printed.out.len()), "{shell}: {ended:?} {}", printed.out.len());
        let (ended, _) = read("sleep 30", None).await;
        assert!(matches!(ended, Ok(Ended { exit: Exit::TimedOut { settled: true }, .. })), "{shell}: {ended:?}");
        let (ended, _) = read("true", Some("no-such-user")).await;
        assert!(matches!(&ended, Err(KeeperError::NotReached { why, .. }) if why.contains("no-such-user")), "{shell}: {ended:?}");
        let (ended, printed) = read("printf 'a\\000b'", None).await;
        assert!(ended.is_ok() && printed.out == b"a\0b", "{shell}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, failure_persistence: None, ..ProptestConfig::default() })]
    #[test]
    fn no_mask_passes_and_nothing_else_is_lost(
        mask in "[abc%\\\\\n]{4,9}", parts in prop::collection::vec("[abc%\\\\\n ]{0,9}", 1..5), ends in any::<bool>(), at in 0..3_usize
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("runtime");
        runtime.block_on(async {
            let text = format!("{}{}", parts.join(&mask), if ends { &mask[..mask.len() - 1] } else { "" });
            let bench = Bench::local(SHELLS[at]);
            let mut printed = Printed::default();
            let call = Call { masks: vec![mask.clone().into()], values: vec![("t".into(), text.clone())], ..sh("printf %s \"$t\"") };
            bench.keeper().await.read(&call, soon(), &mut printed).await.expect("read");
            assert_eq!(printed.text(), text.replace(&mask, "***"), "{}: {mask:?} in {text:?}", SHELLS[at]);
        });
    }
}
