//! Over a real sshd.

use std::{fs, time::Duration};

use super::{super::*, lab::*};
use crate::exec::{
    keeper::call::*,
    transport::{Target, Unreachable},
};

#[tokio::test]
async fn k2_a_job_goes_on_when_the_ssh_master_is_killed_and_its_output_comes_once() {
    let mut bench = Bench::ssh();
    let sockets = bench.dir.path().join("sockets");
    fs::create_dir(&sockets).expect("dir");
    bench.connector.socket_dir = Some(sockets.clone());
    let keeper = bench.keeper().await;
    let marker = bench.dir.path().join("marker");
    let script = format!("echo ran >>{}; for i in 1 2 3 4; do echo line $i; echo err $i >&2; sleep 1; done; exit 5", marker.display());
    let mut printed = Printed::default();
    let (attempt, call) = (name("n.1"), sh(&script));
    let killer = async {
        until(|| lines(&bench.run().join("n.1.out")) >= 2).await;
        let pid = tool("pgrep", &["-f", &format!("{}.*box", sockets.display())]);
        for pid in pid.split_whitespace() {
            tool("kill", &["-9", pid]);
        }
        !pid.is_empty()
    };
    let (outcome, killed) = tokio::join!(keeper.start(&attempt, 1, &call, soon(), &mut printed), killer);
    assert!(killed);
    let Outcome::Ended(ended) = outcome.expect("start") else { panic!() };
    assert_eq!(ended.exit, Exit::Code(5));
    assert_eq!(printed.text(), "line 1\nline 2\nline 3\nline 4\n");
    assert_eq!(printed.err, b"err 1\nerr 2\nerr 3\nerr 4\n");
    assert_eq!(lines(&marker), 1);
    // Another process that knows how far it had come gets the rest, once.
    let mut rest = Printed::default();
    let outcome = bench.again().await.attach(&attempt, (7, 0), 1000, soon(), &mut rest).await.expect("attach");
    assert!(matches!(outcome, Outcome::Ended(Ended { exit: Exit::Code(5), .. })));
    assert_eq!(rest.text(), "line 2\nline 3\nline 4\n");
    // An idle channel over a master that died meanwhile is replaced before anything is asked.
    for pid in tool("pgrep", &["-f", &format!("{}.*box", sockets.display())]).split_whitespace() {
        tool("kill", &["-9", pid]);
    }
    assert!(matches!(keeper.ask(&attempt).await, Ok(Fate::Ended(_))));
    keeper.close().await;
}

#[tokio::test]
async fn k5_an_account_with_a_forced_command_is_refused_and_no_check_says_yes() {
    for forced in ["true", "echo welcome; cat >/dev/null", "/usr/sbin/nologin"] {
        let bench = Bench::ssh_with(&format!("ForceCommand {forced}"));
        let refused = Keeper::connect(&bench.connector, &bench.target, &bench.folder).await;
        assert!(matches!(refused, Err(KeeperError::NotAShell { .. })), "{forced}: {refused:?}");
    }
}

/// Every second shell ends before it has said a word, as it does when the line breaks in that moment.
#[tokio::test]
async fn k5_a_line_that_breaks_while_a_shell_is_opened_is_no_account_without_a_shell() {
    let dir = tempfile::tempdir().expect("a folder");
    let counter = dir.path().join("shells").display().to_string();
    let bench = Bench::ssh_with(&format!("ForceCommand echo >>{counter}; [ $(($(wc -l <{counter}) % 2)) = 0 ] || exit 0; exec sh"));
    let keeper = std::rc::Rc::new(bench.keeper().await);
    let (attempt, call) = (name("n.1"), sh("sleep 1"));
    let mut printed = Printed::default();
    // The first channel is busy, so asking opens another.
    let (ended, asked) = tokio::join!(keeper.start(&attempt, 1, &call, soon(), &mut printed), async {
        until(|| bench.run().join("n.1.pg").exists()).await;
        keeper.ask(&name("n.2")).await
    });
    assert!(matches!(ended, Ok(Outcome::Ended(_))), "{ended:?}");
    assert!(matches!(asked, Ok(Fate::Never)), "{asked:?}");
    assert_eq!(lines(&dir.path().join("shells")), 4);
}

#[tokio::test]
async fn noise_before_the_first_frame_is_not_an_answer() {
    let bench = Bench::ssh_with("ForceCommand printf 'Welcome to the box\\n\\nno newline here: '; exec sh");
    let mut printed = Printed::default();
    let keeper = bench.keeper().await;
    keeper.read(&sh("echo fine"), soon(), &mut printed).await.expect("read");
    assert_eq!(printed.text(), "fine\n");
    keeper.close().await;
}

#[tokio::test]
async fn an_unreachable_host_is_told_in_plain_words() {
    let bench = Bench::ssh();
    let config = bench.connector.ssh_config.clone().expect("config");
    let own = fs::read_to_string(&config).expect("config");
    let refused = async |text: String, host: &str| {
        fs::write(&config, text).expect("write");
        let target = Target::named(host);
        match Keeper::connect(&bench.connector, &target, &bench.folder).await {
            Err(KeeperError::Unreachable(why)) => why,
            other => panic!("{other:?}"),
        }
    };
    assert!(matches!(refused(own.clone(), "-oProxyCommand=evil").await, Unreachable::BadName { .. }));
    assert!(matches!(refused(own.replace("Port ", "Port 1\n#"), "box").await, Unreachable::Refused { .. }));
    assert!(matches!(refused(own.replace("HostName 127.0.0.1", "HostName no-such.invalid"), "box").await, Unreachable::UnknownHost { .. }));
    assert!(matches!(refused(own.replace("IdentityFile ", "IdentityFile /nonexistent"), "box").await, Unreachable::PermissionDenied { .. }));
    let known = bench.dir.path().join("ssh/known");
    let other = fs::read_to_string(bench.dir.path().join("ssh/user.pub")).expect("key");
    let name = fs::read_to_string(&known).expect("known").split(' ').next().expect("name").to_owned();
    fs::write(&known, format!("{name} {other}")).expect("write");
    assert!(matches!(refused(own.clone(), "box").await, Unreachable::HostKeyChanged { .. }));
    fs::write(&known, "").expect("write");
    assert!(matches!(refused(own, "box").await, Unreachable::HostKeyUnknown { .. }));
}

#[tokio::test]
async fn branches_on_one_host_run_at_the_same_time() {
    let bench = Bench::ssh();
    let keeper = bench.keeper().await;
    let began = std::time::Instant::now();
    let step = async |at: usize| keeper.start(&name(&format!("n{at}.1")), 1, &sh("sleep 1; echo ok"), soon(), &mut Printed::default()).await.expect("start");
    let _all = tokio::join!(step(1), step(2), step(3), step(4), step(5));
    assert!(began.elapsed() < Duration::from_secs(4), "{:?}", began.elapsed());
    keeper.clean().await.expect("clean");
    assert!(!bench.run().exists());
    keeper.close().await;
}
