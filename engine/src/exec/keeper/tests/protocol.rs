//! What a start, a read and a hello promise while nothing dies.

use std::{fs, time::Duration};

use super::{super::*, lab::*};
use crate::exec::keeper::call::*;

fn code(outcome: &Outcome) -> Exit {
    match outcome {
        Outcome::Ended(ended) => ended.exit.clone(),
        other => panic!("not ended: {other:?}"),
    }
}

#[tokio::test]
async fn k2_exit_statuses_and_output_come_back_as_they_were() {
    for shell in SHELLS {
        let bench = Bench::local(shell);
        let keeper = bench.keeper().await;
        for (at, (script, exit)) in [
            ("true", Exit::Code(0)),
            ("exit 127", Exit::Code(127)),
            ("exit 255", Exit::Code(255)),
            ("kill -9 $$", Exit::Signal(9)),
            ("kill -TERM $$", Exit::Signal(15)),
            ("false; echo not here", Exit::Code(1)),
            ("echo \"$undefined_thing\"", Exit::Code(if shell == "bash" { 1 } else { 2 })),
        ]
        .into_iter()
        .enumerate()
        {
            let mut printed = Printed::default();
            let call = sh(&format!("echo out; printf err >&2\n{script}"));
            let outcome = keeper.start(&name(&format!("a.{at}")), 1, &call, soon(), &mut printed).await.expect("start");
            assert_eq!(code(&outcome), exit, "{shell}: {script}");
            assert_eq!(printed.text(), "out\n", "{shell}: {script}");
            assert!(printed.err.starts_with(b"err"), "{shell}: {script}");
            assert!(!String::from_utf8_lossy(&printed.err).contains("Terminated"), "{shell}: the keeper's shell speaks");
            let mut printed = Printed::default();
            let ended = keeper.read(&call, soon(), &mut printed).await.expect("read");
            assert_eq!((ended.exit, printed.text().as_str()), (exit, "out\n"), "{shell}: {script}");
        }
    }
}

#[tokio::test]
async fn k3_an_attempt_id_never_runs_twice() {
    for shell in SHELLS {
        let bench = Bench::local(shell);
        let marker = bench.dir.path().join("marker");
        let call = sh(&format!("echo ran >>{}", marker.display()));
        let (one, two) = (bench.keeper().await, bench.again().await);
        let attempt = name("node.1");
        let (mut a, mut b) = (Printed::default(), Printed::default());
        let (first, second) = tokio::join!(one.start(&attempt, 1, &call, soon(), &mut a), two.start(&attempt, 1, &call, soon(), &mut b));
        let mut outcomes = [first.expect("first"), second.expect("second")];
        outcomes.sort_by_key(|outcome| matches!(outcome, Outcome::Exists));
        assert_eq!(code(&outcomes[0]), Exit::Code(0), "{shell}");
        assert_eq!(outcomes[1], Outcome::Exists, "{shell}");
        assert_eq!(lines(&marker), 1, "{shell}");
    }
}

#[tokio::test]
async fn k4_asking_voids_and_a_late_start_is_refused() {
    for shell in SHELLS {
        let bench = Bench::local(shell);
        let keeper = bench.keeper().await;
        assert_eq!(keeper.ask(&name("node.1")).await.expect("ask"), Fate::Never);
        let outcome = keeper.start(&name("node.1"), 1, &sh("echo late"), soon(), &mut Printed::default()).await.expect("start");
        assert_eq!(outcome, Outcome::Exists, "{shell}");
        assert_eq!(keeper.ask(&name("node.1")).await.expect("ask"), Fate::Never);
    }
}

#[tokio::test]
async fn k6_a_start_of_an_older_epoch_is_fenced_and_void() {
    for shell in SHELLS {
        let bench = Bench::local(shell);
        let old = bench.keeper().await;
        let life = old.hello(None, 1, "me").await.expect("again").identity.life;
        let new = bench.connect().await;
        let hello = new.hello(Some(&life), 2, "you").await.expect("hello");
        assert_eq!((hello.known_epoch, hello.claims.len()), (1, 0));
        let outcome = old.start(&name("node.1"), 1, &sh("echo old"), soon(), &mut Printed::default()).await.expect("start");
        assert_eq!(outcome, Outcome::Fenced { epoch: 2 }, "{shell}");
        assert_eq!(new.ask(&name("node.1")).await.expect("ask"), Fate::Never);
        assert!(matches!(old.hello(Some(&life), 1, "me").await, Err(KeeperError::Fenced { epoch: 2, .. })));
        // Two drivers that took the same number: a copied state folder.
        assert!(matches!(bench.connect().await.hello(Some(&life), 2, "thief").await, Err(KeeperError::Fenced { .. })));
        assert_eq!(new.hello(Some(&life), 2, "you").await.expect("hello").claims, ["node.1"]);
    }
}

#[tokio::test]
async fn k3_a_lost_life_mark_is_lost_memory_not_never_started() {
    for shell in SHELLS {
        let bench = Bench::local(shell);
        let keeper = bench.keeper().await;
        fs::remove_dir_all(bench.run()).expect("remove");
        assert_eq!(keeper.ask(&name("n.1")).await.expect("ask"), Fate::Forgotten, "{shell}");
        let started = keeper.start(&name("n.1"), 1, &sh("echo ran"), soon(), &mut Printed::default()).await;
        assert!(matches!(started, Err(KeeperError::MemoryLost { .. })), "{shell}: {started:?}");
        let other = bench.connect().await;
        assert!(matches!(other.hello(Some("gone"), 1, "me").await, Err(KeeperError::MemoryLost { .. })), "{shell}");
    }
}

#[tokio::test]
async fn k5_a_user_that_sudo_refuses_is_an_error_and_never_a_no() {
    let bench = Bench::local("dash");
    let keeper = bench.keeper().await;
    let call = Call { user: Some("nosuchuser".into()), ..sh("exit 1") };
    let read = keeper.read(&call, soon(), &mut Printed::default()).await;
    assert!(matches!(&read, Err(KeeperError::NotReached { why, .. }) if why.contains("nosuchuser")), "{read:?}");
    let started = keeper.start(&name("n.1"), 1, &call, soon(), &mut Printed::default()).await.expect("start");
    assert!(matches!(started, Outcome::NeverReached { .. }), "{started:?}");
    assert!(matches!(keeper.ask(&name("n.1")).await.expect("ask"), Fate::NeverReached { .. }));
    assert!(matches!(keeper.reach_user("nosuchuser").await, Err(KeeperError::UserNotReached { .. })));
    keeper.reach_user("nobody").await.expect("root may be nobody");
    let mut printed = Printed::default();
    let call = Call { user: Some("nobody".into()), ..sh("id -un") };
    keeper.read(&call, soon(), &mut printed).await.expect("read");
    assert_eq!(printed.text(), "nobody\n");
    let gone = Call { cwd: Some("/no/such/folder".into()), ..sh("echo ran") };
    assert!(matches!(keeper.read(&gone, soon(), &mut Printed::default()).await, Err(KeeperError::NotReached { .. })));
}

#[tokio::test]
async fn j4_the_output_limit_is_exact_and_never_reaches_the_command() {
    for shell in SHELLS {
        let bench = Bench::local(shell);
        let keeper = bench.keeper().await;
        let mut printed = Printed::default();
        let call = Call { output_limit: 10_000, ..sh("head -c 3000000 /dev/zero; echo done >&2") };
        let Outcome::Ended(ended) = keeper.start(&name("n.1"), 1, &call, soon(), &mut printed).await.expect("start") else { panic!("{shell}") };
        assert_eq!((ended.exit, printed.out.len(), ended.cut), (Exit::Code(0), 10_000, true), "{shell}");
        assert_eq!(printed.err, b"done\n", "{shell}");
        assert!(fs::metadata(bench.run().join("n.1.out")).expect("out").len() < 12_000);
        let mut printed = Printed::default();
        let Outcome::Ended(ended) =
            keeper.start(&name("n.2"), 1, &sh("head -c 1000000 /dev/urandom | tee /dev/stderr"), soon(), &mut printed).await.expect("start")
        else {
            panic!()
        };
        assert_eq!((printed.out.len(), printed.err.len(), ended.cut), (1_000_000, 1_000_000, false), "{shell}");
        assert!(printed.out == printed.err, "{shell}: every byte as it was");
    }
}

#[tokio::test]
async fn a_timeout_ends_the_whole_group_of_a_deaf_command_of_another_user() {
    for shell in SHELLS {
        let bench = Bench::local(shell);
        let keeper = bench.keeper().await;
        let script = "trap '' TERM; sleep 987 & (trap '' TERM; while :; do sleep 988; done) & while :; do sleep 989; done";
        let call = Call { user: Some("nobody".into()), timeout: Duration::from_secs(1), ..sh(script) };
        let Outcome::Ended(ended) = keeper.start(&name("n.1"), 1, &call, soon(), &mut Printed::default()).await.expect("start") else { panic!("{shell}") };
        assert_eq!(ended.exit, Exit::TimedOut { settled: true }, "{shell}");
        let read = keeper.read(&call, soon(), &mut Printed::default()).await.expect("read");
        assert_eq!(read.exit, Exit::TimedOut { settled: true }, "{shell}");
        assert_eq!(tool("pgrep", &["-u", "nobody", "-f", "^sleep 98[789]"]), "", "{shell}");
    }
}

#[tokio::test]
async fn a_job_ends_when_its_first_process_ends_and_what_it_left_is_counted() {
    for shell in SHELLS {
        let bench = Bench::local(shell);
        let keeper = bench.keeper().await;
        let mut printed = Printed::default();
        let Outcome::Ended(ended) = keeper.start(&name("n.1"), 1, &sh("sleep 5 & echo up"), soon(), &mut printed).await.expect("start") else { panic!() };
        assert_eq!((ended.exit, ended.left_behind, printed.text().as_str()), (Exit::Code(0), 1, "up\n"), "{shell}");
        let Outcome::Ended(ended) = keeper.start(&name("n.2"), 1, &sh("echo next"), soon(), &mut printed).await.expect("start") else { panic!() };
        assert_eq!(ended.exit, Exit::Code(0), "{shell}");
    }
}

#[tokio::test]
async fn a_full_disk_refuses_a_start_and_never_reaches_a_running_command() {
    for shell in SHELLS {
        let bench = Bench::local(shell);
        let state = bench.dir.path().join("state");
        fs::create_dir(&state).expect("dir");
        tool("mount", &["-t", "tmpfs", "-o", "size=64k", "tmpfs", &state.display().to_string()]);
        let keeper = bench.keeper().await;
        let marker = bench.dir.path().join("marker");
        // During: far more than the disk has.
        let mut printed = Printed::default();
        let call = sh(&format!("head -c 500000 /dev/zero; echo ran >>{}; exit 3", marker.display()));
        let outcome = keeper.start(&name("n.1"), 1, &call, soon(), &mut printed).await.expect("start");
        let Outcome::Ended(ended) = outcome else { panic!("{shell}: {outcome:?}") };
        assert_eq!((ended.exit, ended.cut, lines(&marker)), (Exit::Code(3), true, 1), "{shell}");
        // Before: there is no room for the first line.
        let outcome = keeper.start(&name("n.2"), 1, &call, soon(), &mut printed).await;
        let full = matches!(outcome, Err(KeeperError::CannotRecord { .. }));
        let ran = lines(&marker);
        let fate = keeper.ask(&name("n.1")).await;
        tool("umount", &["-l", &state.display().to_string()]);
        assert!(full, "{shell}: {outcome:?}");
        assert_eq!(ran, 1, "{shell}");
        assert!(matches!(&fate, Ok(Fate::Ended(ended)) if ended.exit == Exit::Code(3)), "{shell}: {fate:?}");
    }
}
