//! Input that is staged: whole, once, and never an attempt.

use std::fs;
use std::time::Duration;

use tokio::fs::File;

use super::{super::*, lab::*};
use crate::exec::keeper::call::*;

/// Every byte, and no two blocks alike.
fn content(bytes: usize) -> Vec<u8> {
    (0..bytes).map(|at| (at ^ (at >> 8) ^ (at >> 16)).to_le_bytes()[0]).collect()
}

async fn staged(bench: &Bench, keeper: &Keeper, attempt: &AttemptName, bytes: &[u8]) -> Result<(), KeeperError> {
    let path = bench.dir.path().join("content");
    fs::write(&path, bytes).expect("a file");
    keeper.stage(attempt, 1, &mut File::open(&path).await.expect("open"), soon()).await
}

fn reads_input() -> Call {
    Call { staged: true, ..sh("cat") }
}

#[tokio::test]
async fn a_job_reads_what_was_staged_and_nothing_of_it_stays() {
    for shell in SHELLS {
        let bench = Bench::local(shell);
        let keeper = bench.keeper().await;
        for (at, bytes) in [content(0), content(1), content(5_000_000)].into_iter().enumerate() {
            let attempt = name(&format!("n.{at}"));
            staged(&bench, &keeper, &attempt, &bytes).await.unwrap_or_else(|error| panic!("{shell}: {error}"));
            let user = (at == 1).then(|| "nobody".to_owned());
            let mut printed = Printed::default();
            let outcome = keeper.start(&attempt, 1, &Call { user, ..reads_input() }, soon(), &mut printed).await.expect("start");
            assert!(matches!(&outcome, Outcome::Ended(Ended { exit: Exit::Code(0), .. })), "{shell}: {outcome:?}");
            assert!(printed.out == bytes, "{shell}: {} bytes of {}", printed.out.len(), bytes.len());
            assert!(!bench.run().join(format!("n.{at}.in")).exists(), "{shell}");
        }
    }
}

#[tokio::test]
async fn what_was_staged_half_is_gone_on_with_and_asking_still_says_never() {
    for shell in SHELLS {
        let bench = Bench::local(shell);
        let keeper = bench.keeper().await;
        let bytes = content(100_000);
        let there = bench.run().join("n.1.in");
        fs::write(&there, &bytes[..777]).expect("the beginning");
        staged(&bench, &keeper, &name("n.1"), &bytes).await.expect("staged");
        assert!(fs::read(&there).expect("there") == bytes, "{shell}");
        assert_eq!(keeper.ask(&name("n.1")).await.expect("ask"), Fate::Never, "{shell}");
        // What is void takes nothing any more.
        assert!(staged(&bench, &keeper, &name("n.1"), &bytes).await.is_err(), "{shell}");
        // Nor does an older driver put anything there.
        let newer = bench.connect().await;
        let life = bench.life();
        newer.hello(Some(&life), 2, "another").await.expect("hello");
        let fenced = staged(&bench, &keeper, &name("n.2"), &bytes).await;
        assert!(matches!(fenced, Err(KeeperError::Fenced { epoch: 2, .. })), "{shell}: {fenced:?}");
        assert!(!bench.run().join("n.2.in").exists(), "{shell}");
        // The channel is as good as before.
        assert!(newer.ask(&name("n.3")).await.is_ok(), "{shell}");
    }
}

#[tokio::test]
async fn a_full_disk_stages_nothing_and_the_channel_lives_on() {
    for shell in SHELLS {
        let bench = Bench::local(shell);
        let state = bench.dir.path().join("state");
        fs::create_dir(&state).expect("dir");
        tool("mount", &["-t", "tmpfs", "-o", "size=256k", "tmpfs", &state.display().to_string()]);
        let keeper = bench.keeper().await;
        let refused = staged(&bench, &keeper, &name("n.1"), &content(1_000_000)).await;
        let asked = keeper.ask(&name("n.1")).await;
        tool("umount", &["-l", &state.display().to_string()]);
        assert!(matches!(refused, Err(KeeperError::CannotStage { .. })), "{shell}: {refused:?}");
        assert!(asked.is_ok(), "{shell}: {asked:?}");
    }
}

#[tokio::test]
async fn a_connection_that_is_cut_again_and_again_costs_no_byte() {
    let mut bench = Bench::ssh();
    let sockets = bench.dir.path().join("sockets");
    fs::create_dir(&sockets).expect("dir");
    bench.connector.socket_dir = Some(sockets.clone());
    let keeper = bench.keeper().await;
    let bytes = content(60_000_000);
    let cut = async {
        for least in [1_u64, 10_000_000, 30_000_000] {
            until(|| fs::metadata(bench.run().join("n.1.in")).is_ok_and(|there| there.len() >= least)).await;
            for pid in tool("pgrep", &["-f", &format!("{}.*box", sockets.display())]).split_whitespace() {
                tool("kill", &["-9", pid]);
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    };
    let attempt = name("n.1");
    let (staged, ()) = tokio::join!(staged(&bench, &keeper, &attempt, &bytes), cut);
    staged.expect("staged");
    let mut printed = Printed::default();
    let call = Call { staged: true, ..sh("sha256sum") };
    keeper.start(&attempt, 1, &call, soon(), &mut printed).await.expect("start");
    let wanted = tool("sha256sum", &[&bench.dir.path().join("content").display().to_string()]);
    assert_eq!(printed.text().split_whitespace().next(), wanted.split_whitespace().next());
    keeper.close().await;
}
