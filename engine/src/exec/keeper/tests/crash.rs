//! What a crash leaves, and what asking says of it.

use std::{fs, path::Path, time::Duration};

use super::{super::*, lab::*};
use crate::exec::keeper::{call::*, channel::text};

/// The number in a mark's companion: `ATT.go=PID:…`, `ATT.pg=PID`.
fn pid(run: &Path, mark: &str) -> String {
    let name = fs::read_dir(run).expect("run").find_map(|entry| entry.ok()?.file_name().to_str()?.strip_prefix(&format!("{mark}=")).map(str::to_owned));
    name.unwrap_or_else(|| panic!("no {mark}")).split(':').next().expect("a number").to_owned()
}

fn go_of_another_boot(run: &Path) {
    for entry in fs::read_dir(run).expect("run").flatten() {
        let name = entry.file_name().into_string().expect("text");
        if let Some((head, _)) = name.rsplit_once(':')
            && name.contains(".go=")
        {
            fs::rename(run.join(&name), run.join(format!("{head}:another-boot"))).expect("rename");
        }
    }
}

#[tokio::test]
async fn k4_every_row_of_the_table_of_crashes() {
    for shell in SHELLS {
        let bench = Bench::local(shell);
        let keeper = bench.keeper().await;
        let run = bench.run();
        let marker = bench.dir.path().join("marker");
        let attempt = name("n.1");
        let call = sh(&format!("echo ran >>{}; sleep 30", marker.display()));
        // Started by a process that goes away.
        let job =
            tokio::time::timeout(Duration::from_millis(700), async { bench.again().await.start(&attempt, 1, &call, soon(), &mut Printed::default()).await });
        assert!(job.await.is_err());
        until(|| run.join("n.1.pg").exists() && lines(&marker) == 1).await;
        assert_eq!(keeper.ask(&attempt).await.expect("ask"), Fate::Running, "{shell}");
        let (me, group) = (pid(&run, "n.1.go"), pid(&run, "n.1.pg"));
        // Its keeper dies.
        tool("kill", &["-9", &me]);
        until(|| !Path::new(&format!("/proc/{me}")).exists()).await;
        assert_eq!(keeper.ask(&attempt).await.expect("ask"), Fate::Orphaned, "{shell}");
        assert!(!keeper.wait_group(&attempt, Duration::from_secs(0)).await.expect("wait"));
        // Then its group.
        tool("sh", &["-c", &format!("kill -9 -{group}")]);
        assert!(keeper.wait_group(&attempt, Duration::from_secs(5)).await.expect("wait"));
        assert_eq!(keeper.ask(&attempt).await.expect("ask"), Fate::Lost, "{shell}");
        // Then the host restarts.
        go_of_another_boot(&run);
        assert_eq!(keeper.ask(&attempt).await.expect("ask"), Fate::Rebooted, "{shell}");
        assert_eq!(keeper.start(&attempt, 1, &call, soon(), &mut Printed::default()).await.expect("start"), Outcome::Exists);
        assert_eq!(lines(&marker), 1, "{shell}");
        // A claim without more, and a go without a group: voided, never began.
        fs::write(run.join("n.2.claim"), "").expect("claim");
        assert_eq!(keeper.ask(&name("n.2")).await.expect("ask"), Fate::Never, "{shell}");
        let boot = fs::read_to_string("/proc/sys/kernel/random/boot_id").expect("boot");
        for mark in ["n.3.claim".into(), "n.3.go".into(), format!("n.3.go=999999:1:{}", boot.trim())] {
            fs::write(run.join(mark), "").expect("mark");
        }
        assert_eq!(keeper.ask(&name("n.3")).await.expect("ask"), Fate::Never, "{shell}");
        assert!(run.join("n.3.pg").is_symlink(), "{shell}: the leader's mark is taken away");
        fs::remove_dir_all(&run).expect("remove");
        assert_eq!(keeper.ask(&attempt).await.expect("ask"), Fate::Forgotten, "{shell}");
    }
}

#[tokio::test]
async fn k3_what_was_sent_to_a_host_that_forgot_it_while_the_line_was_broken_is_no_refusal() {
    for shell in SHELLS {
        let bench = Bench::local(shell);
        let keeper = bench.keeper().await;
        let (attempt, marker) = (name("n.1"), bench.dir.path().join("marker"));
        let call = sh(&format!("touch {}; sleep 30", marker.display()));
        let mut printed = Printed::default();
        let forgets = async {
            until(|| marker.exists()).await;
            let channel = shells(&bench);
            fs::remove_dir_all(bench.run()).expect("remove");
            for pid in channel {
                tool("kill", &["-9", &pid]);
            }
        };
        let (outcome, ()) = tokio::join!(keeper.start(&attempt, 1, &call, soon(), &mut printed), forgets);
        assert_eq!(outcome.expect("start"), Outcome::Found(Fate::Forgotten), "{shell}");
    }
}

/// The shells of all keepers there.
fn shells(bench: &Bench) -> Vec<String> {
    let shells = tool("pgrep", &["-x", "sh"]);
    let ours = shells.split_whitespace().filter(|pid| fs::read_link(format!("/proc/{pid}/cwd")).is_ok_and(|cwd| cwd == bench.run()));
    ours.map(str::to_owned).collect()
}

/// Stops them; they are named, to be sent on.
fn freeze(bench: &Bench) -> Vec<String> {
    let stopped = shells(bench);
    assert!(!stopped.is_empty());
    for pid in &stopped {
        tool("kill", &["-STOP", pid]);
    }
    stopped
}

#[tokio::test]
async fn k4_a_keeper_that_can_not_speak_is_not_waited_for_without_end() {
    for shell in SHELLS {
        let bench = Bench::local(shell);
        let keeper = bench.keeper().await;
        let (attempt, marker) = (name("n.1"), bench.dir.path().join("marker"));
        let call = sh(&format!("touch {}; sleep 1; exit 3", marker.display()));
        let when = When { grace: Duration::ZERO, ..When::within(Duration::from_secs(1)) };
        let mut printed = Printed::default();
        let freezing = async {
            until(|| marker.exists()).await;
            freeze(&bench)
        };
        let (outcome, stopped) = tokio::join!(keeper.start(&attempt, 1, &call, when, &mut printed), freezing);
        assert!(matches!(outcome, Err(KeeperError::ConnectionLost { .. })), "{shell}: {outcome:?}");
        for pid in &stopped {
            tool("kill", &["-CONT", pid]);
        }
        let outcome = bench.again().await.attach(&attempt, (0, 0), 1000, soon(), &mut printed).await.expect("attach");
        assert!(matches!(outcome, Outcome::Ended(Ended { exit: Exit::Code(3), .. })), "{shell}: {outcome:?}");
    }
}

#[tokio::test]
async fn k3_whichever_shell_of_a_channel_dies_between_two_jobs_the_next_runs_once_and_has_its_deadline() {
    for shell in SHELLS {
        for which in 0.. {
            let bench = Bench::local(shell);
            let keeper = bench.keeper().await;
            let outcome = keeper.start(&name("n.1"), 1, &sh("true"), soon(), &mut Printed::default()).await.expect("start");
            assert!(matches!(outcome, Outcome::Ended(Ended { exit: Exit::Code(0), .. })), "{shell}: {outcome:?}");
            let shells = shells(&bench);
            assert!(shells.len() >= 3, "one that serves, one that follows, one that watches: {shells:?}");
            let Some(victim) = shells.get(which) else { break };
            tool("kill", &["-9", victim]);
            until(|| fs::read_to_string(format!("/proc/{victim}/stat")).map_or(true, |stat| stat.contains(") Z "))).await;
            let marker = bench.dir.path().join("marker");
            let call = Call { timeout: Duration::from_secs(1), ..sh(&format!("echo ran >>{}; sleep 30", marker.display())) };
            let mut outcome = keeper
                .start(&name("n.2"), 1, &call, soon(), &mut Printed::default())
                .await
                .unwrap_or_else(|error| panic!("{shell} {which} {shells:?}: {error:?}"));
            // Where the line broke before the claim, asking has voided the name; the engine starts under a new one.
            if outcome == Outcome::Found(Fate::Never) {
                outcome = keeper.start(&name("n.3"), 1, &call, soon(), &mut Printed::default()).await.expect("start");
            }
            assert!(matches!(outcome, Outcome::Ended(Ended { exit: Exit::TimedOut { settled: true }, .. })), "{shell} {which}: {outcome:?}");
            assert_eq!(lines(&marker), 1, "{shell} {which}");
        }
    }
}

#[tokio::test]
async fn k4_a_start_frozen_on_its_way_finds_itself_void() {
    for shell in SHELLS {
        let bench = Bench::local(shell);
        let frozen = bench.keeper().await;
        let marker = bench.dir.path().join("marker");
        let call = sh(&format!("echo ran >>{}", marker.display()));
        let stopped = freeze(&bench);
        let mut printed = Printed::default();
        let attempt = name("n.1");
        let second = async {
            let keeper = bench.again().await;
            tokio::time::sleep(Duration::from_millis(200)).await;
            let fate = keeper.ask(&attempt).await.expect("ask");
            for pid in &stopped {
                tool("kill", &["-CONT", pid]);
            }
            fate
        };
        let (outcome, fate) = tokio::join!(frozen.start(&attempt, 1, &call, soon(), &mut printed), second);
        assert_eq!(fate, Fate::Never, "{shell}");
        assert_eq!(outcome.expect("start"), Outcome::Exists, "{shell}");
        assert_eq!(lines(&marker), 0, "{shell}");
    }
}

#[tokio::test]
async fn k4_a_running_job_is_followed_on_by_another_process() {
    for shell in SHELLS {
        let bench = Bench::local(shell);
        let attempt = name("n.1");
        let call = sh("for i in 1 2 3; do echo $i; sleep 1; done; exit 4");
        let mut first = Printed::default();
        let cut = tokio::time::timeout(Duration::from_millis(1500), async { bench.keeper().await.start(&attempt, 1, &call, soon(), &mut first).await });
        assert!(cut.await.is_err());
        let mut rest = Printed::default();
        let outcome = bench.again().await.attach(&attempt, (first.out.len() as u64, 0), 1000, soon(), &mut rest).await.expect("attach");
        assert!(matches!(outcome, Outcome::Ended(Ended { exit: Exit::Code(4), .. })), "{shell}: {outcome:?}");
        assert_eq!(first.text() + &rest.text(), "1\n2\n3\n", "{shell}");
    }
}

#[tokio::test]
async fn a_persons_stop_ends_the_group_and_says_so() {
    for shell in SHELLS {
        let bench = Bench::local(shell);
        let keeper = bench.keeper().await;
        let attempt = name("n.1");
        let call = Call { user: Some("nobody".into()), ..sh("trap '' TERM; while :; do sleep 986; done") };
        let stopper = async {
            until(|| bench.run().join("n.1.pg").exists()).await;
            tokio::time::sleep(Duration::from_millis(100)).await;
            keeper.stop(&attempt, Duration::from_secs(1)).await.expect("stop")
        };
        let mut printed = Printed::default();
        let (outcome, killed) = tokio::join!(keeper.start(&attempt, 1, &call, soon(), &mut printed), stopper);
        assert_eq!(killed, Killed::Gone, "{shell}");
        assert!(matches!(outcome, Ok(Outcome::Ended(Ended { exit: Exit::Stopped { settled: true }, .. }))), "{shell}: {outcome:?}");
        assert_eq!(tool("pgrep", &["-u", "nobody", "-f", "^sleep 986"]), "", "{shell}");
    }
}

#[tokio::test]
async fn a_folder_deleted_under_a_running_job_never_reads_as_never_begun() {
    for shell in SHELLS {
        let bench = Bench::local(shell);
        let keeper = bench.keeper().await;
        // The keeper may make a file in that moment, and `rm` says that the folder is not empty.
        let call = sh(&format!("until rm -rf {} 2>/dev/null; do :; done; exit 7", bench.run().display()));
        let outcome = keeper.start(&name("n.1"), 1, &call, soon(), &mut Printed::default()).await.expect("start");
        assert!(matches!(outcome, Outcome::Ended(Ended { exit: Exit::Code(7), cut: true, .. })), "{shell}: {outcome:?}");
    }
}

#[tokio::test]
async fn calls_can_be_spawned_on_any_runtime() {
    fn sendable<T: Send>(future: T) -> T {
        future
    }
    let bench = Bench::local("dash");
    let keeper = bench.keeper().await;
    let (call, attempt) = (sh("true"), name("n.1"));
    sendable(keeper.start(&attempt, 1, &call, soon(), &mut Printed::default())).await.expect("start");
    sendable(keeper.ask(&attempt)).await.expect("ask");
    sendable(keeper.hello(None, 1, "me")).await.expect("hello");
}

/// Everything that is sent, cut at every byte: nothing is written, nothing is run.
#[tokio::test]
async fn k3_text_that_was_cut_in_transfer_does_nothing() {
    use std::{
        io::Write,
        process::{Command, Stdio},
    };
    for shell in SHELLS {
        let bench = Bench::local(shell);
        let base = bench.dir.path().join("state");
        let text = text("0123456789abcdef0123456789abcdef", &base.display().to_string(), "r1", "/nonexistent");
        let empty = bench.dir.path().join("empty");
        fs::create_dir(&empty).expect("dir");
        let program: &[&str] = match shell {
            "busybox" => &["/usr/bin/busybox", "sh"],
            "bash" => &["/usr/bin/bash"],
            _ => &["/usr/bin/dash"],
        };
        // A name that was cut off must not be another's: some texts end in one.
        let names: Vec<&str> = text.lines().filter_map(|line| line.split_once("() {")).map(|(name, _)| name).collect();
        let prefix = names.iter().find(|name| names.iter().any(|other| other != *name && other.starts_with(*name)));
        assert!(names.len() > 40 && prefix.is_none(), "{prefix:?} begins another one's name");
        // All of the last lines, and a sample of the rest: a shell a byte takes minutes.
        let cuts = (0..text.len()).filter(|at| at % 37 == 0 || *at + 400 > text.len());
        for at in cuts {
            let mut child = Command::new(program[0])
                .args(&program[1..])
                .current_dir(&empty)
                .env("PATH", bench.dir.path().join("bin"))
                .stdin(Stdio::piped())
                .stdout(Stdio::piped())
                .stderr(Stdio::null())
                .spawn()
                .expect("shell");
            child.stdin.take().expect("stdin").write_all(&text.as_bytes()[..at]).expect("write");
            let out = child.wait_with_output().expect("wait");
            // Only a whole text (its newline may be missing) makes a keeper, and a keeper by itself writes nothing.
            assert!(out.stdout.is_empty() || at + 1 >= text.len(), "{shell}: cut at {at} said something");
            assert!(!base.exists() && fs::read_dir(&empty).expect("dir").next().is_none(), "{shell}: cut at {at} left something");
        }
    }
}

#[tokio::test]
async fn k3_a_request_that_was_cut_in_transfer_does_nothing() {
    use std::{
        io::Write,
        process::{Command, Stdio},
    };
    for shell in SHELLS {
        let bench = Bench::local(shell);
        let life = bench.keeper().await.hello(None, 1, "me").await.expect("hello").identity.life;
        let marker = bench.dir.path().join("marker");
        let call = Call { stdin: Some(b"a\0b".to_vec()), ..sh(&format!("echo ran >>{}\nrm -rf {}/x /srv/y", marker.display(), marker.display())) };
        let nonce = "0123456789abcdef0123456789abcdef";
        let base = bench.dir.path().join("state");
        let text = text(nonce, &base.display().to_string(), "r1", "/nonexistent");
        let request = super::super::request::command("start", "n.1", &life, 1, 1, &call).expect("request");
        let list = || {
            let mut names: Vec<_> = fs::read_dir(bench.run()).expect("run").flatten().map(|entry| entry.file_name()).collect();
            names.sort();
            names
        };
        let before = list();
        let program: &[&str] = match shell {
            "busybox" => &["/usr/bin/busybox", "sh"],
            "bash" => &["/usr/bin/bash"],
            _ => &["/usr/bin/dash"],
        };
        for at in 0..request.bytes.len() {
            let mut child =
                Command::new(program[0]).args(&program[1..]).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null()).spawn().expect("shell");
            let (mut stdin, mut stdout) = (child.stdin.take().expect("stdin"), child.stdout.take().expect("stdout"));
            stdin.write_all(text.as_bytes()).expect("write");
            let mut ready = [0_u8; 42];
            std::io::Read::read_exact(&mut stdout, &mut ready).expect("ready");
            let _ = stdin.write_all(&request.bytes[..at]);
            drop(stdin);
            child.wait().expect("wait");
            assert_eq!(list(), before, "{shell}: cut at {at} of {}", request.bytes.len());
        }
        assert_eq!(lines(&marker), 0);
    }
}
