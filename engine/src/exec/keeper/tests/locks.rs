//! Locks on a host: one holder, whoever asks, whatever other users do in the folder of all accounts.

use std::{
    fs,
    os::unix::fs::{PermissionsExt, symlink},
    path::PathBuf,
};

use super::{
    super::{
        lock::{Claim, Connected, Holder},
        *,
    },
    lab::*,
};

/// Another run on the same host, with a folder of its own.
fn other(bench: &Bench, run: &str) -> Bench {
    let mut folder = bench.folder.clone();
    folder.run_id = run.to_owned();
    bench.with_folder(folder)
}

fn claim(run: &str) -> Claim {
    Claim { run: run.to_owned(), who: format!("{run}-user@control"), since: 1_700_000_000 }
}

fn locks(bench: &Bench) -> PathBuf {
    bench.dir.path().join("locks")
}

fn marks(bench: &Bench) -> Vec<String> {
    let mut names: Vec<String> =
        fs::read_dir(locks(bench)).expect("the folder").map(|e| e.expect("an entry").file_name().to_string_lossy().into_owned()).collect();
    names.sort();
    names
}

fn number(locking: Locking) -> u64 {
    match locking {
        Locking::Held(number) => number,
        Locking::Locked(holder) => panic!("held by {holder}"),
    }
}

fn holder(locking: Locking) -> Holder {
    match locking {
        Locking::Locked(holder) => holder,
        Locking::Held(number) => panic!("ours, as {number}"),
    }
}

#[tokio::test]
async fn a_lock_has_one_holder_who_is_shown_and_gives_it_back() {
    for shell in SHELLS {
        let bench = Bench::local(shell);
        let (one, theirs) = (bench.keeper().await, other(&bench, "r2"));
        let two = theirs.keeper().await;
        assert_eq!(number(one.lock("matomo", &claim("r1"), false).await.expect("lock")), 1, "{shell}");
        assert_eq!(fs::metadata(locks(&bench)).expect("the folder").permissions().mode() & 0o7777, 0o1777, "{shell}");
        assert_eq!(number(one.lock("matomo", &claim("r1"), false).await.expect("again")), 1, "{shell}: it is ours already");
        let found = holder(two.lock("matomo", &claim("r2"), false).await.expect("ask"));
        assert_eq!((found.claim, found.connected, found.number), (Some(claim("r1")), Connected::Alive, 1), "{shell}");
        assert_eq!(number(two.lock("matomo.1", &claim("r2"), false).await.expect("another lock")), 1, "{shell}");
        one.unlock("matomo", &claim("r1")).await.expect("unlock");
        assert_eq!(number(two.lock("matomo", &claim("r2"), false).await.expect("lock")), 3, "{shell}: numbers are never given back");
        one.unlock("matomo", &claim("r1")).await.expect("it is another's, and stays so");
        assert!(matches!(one.lock("matomo", &claim("r1"), false).await, Ok(Locking::Locked(_))), "{shell}");
        assert_eq!(marks(&bench), ["matomo.1.1", "matomo.1.1.by", "matomo.3", "matomo.3.by"], "{shell}: older marks are swept up");
    }
}

#[tokio::test]
async fn who_was_overtaken_finds_a_higher_number_before_the_next_start_and_starts_nothing() {
    for shell in SHELLS {
        let bench = Bench::local(shell);
        let marker = bench.dir.path().join("marker");
        let (one, theirs) = (bench.keeper().await, other(&bench, "r2"));
        let two = theirs.keeper().await;
        one.lock("db", &claim("r1"), false).await.expect("lock");
        assert_eq!(one.holds().await.expect("look"), None, "{shell}");
        let call = sh(&format!("echo ran >>{}", marker.display()));
        one.start(&name("a.1"), 1, &call, soon(), &mut Printed::default()).await.expect("start");
        assert_eq!(number(two.lock("db", &claim("r2"), true).await.expect("take")), 2, "{shell}");
        assert!(marks(&bench).contains(&"db.1".to_owned()), "{shell}: nothing of theirs is deleted");
        let Outcome::Overtaken { lock, holder } = one.start(&name("a.2"), 1, &call, soon(), &mut Printed::default()).await.expect("start") else {
            panic!("{shell}: it was started")
        };
        assert_eq!((lock.as_str(), holder.claim), ("db", Some(claim("r2"))), "{shell}");
        assert_eq!(lines(&marker), 1, "{shell}");
        assert!(matches!(one.ask(&name("a.2")).await, Ok(call::Fate::Never)), "{shell}: and never will be");
        // They give it back; the overtaken one does not get it by that.
        two.unlock("db", &claim("r2")).await.expect("unlock");
        assert!(one.holds().await.expect("look").is_some_and(|(_, holder)| holder.is_free), "{shell}");
        assert!(matches!(one.start(&name("a.3"), 1, &call, soon(), &mut Printed::default()).await, Ok(Outcome::Overtaken { .. })), "{shell}");
        assert_eq!(number(one.lock("db", &claim("r1"), false).await.expect("anew")), 4, "{shell}");
        assert!(matches!(one.start(&name("a.4"), 1, &call, soon(), &mut Printed::default()).await, Ok(Outcome::Ended(_))), "{shell}");
    }
}

#[tokio::test]
async fn of_many_who_take_a_lock_at_once_exactly_one_gets_it() {
    for shell in SHELLS {
        let bench = Bench::local(shell);
        for round in 0..3 {
            let runs: Vec<String> = (0..6).map(|n| format!("r{round}{n}")).collect();
            let mut keepers = Vec::new();
            for run in &runs {
                keepers.push(other(&bench, run).keeper().await);
            }
            let asked = runs.iter().zip(&keepers).map(|(run, keeper)| async move { keeper.lock("one", &claim(run), false).await.expect("lock") });
            let got: Vec<Locking> = futures_join(asked).await;
            let winners: Vec<usize> = (0..got.len()).filter(|at| matches!(got[*at], Locking::Held(_))).collect();
            assert_eq!(winners.len(), 1, "{shell}: {got:?}");
            keepers[winners[0]].unlock("one", &claim(&runs[winners[0]])).await.expect("unlock");
        }
        // Those who don't ask: the highest number is one run's alone, and all others know.
        let runs: Vec<String> = (0..4).map(|n| format!("t{n}")).collect();
        let mut keepers = Vec::new();
        for run in &runs {
            keepers.push(other(&bench, run).keeper().await);
        }
        let took = runs.iter().zip(&keepers).map(|(run, keeper)| async move { keeper.lock("one", &claim(run), true).await });
        futures_join(took).await;
        let mut holding = 0;
        for keeper in &keepers {
            holding += usize::from(keeper.holds().await.expect("look").is_none());
        }
        assert_eq!(holding, 1, "{shell}");
    }
}

async fn futures_join<T>(all: impl Iterator<Item = impl Future<Output = T>>) -> Vec<T> {
    let mut pending: Vec<_> = all.map(Box::pin).collect();
    let mut done: Vec<Option<T>> = pending.iter().map(|_| None).collect();
    std::future::poll_fn(|context| {
        for (future, slot) in pending.iter_mut().zip(&mut done) {
            if slot.is_none()
                && let std::task::Poll::Ready(value) = future.as_mut().poll(context)
            {
                *slot = Some(value);
            }
        }
        if done.iter().all(Option::is_some) { std::task::Poll::Ready(()) } else { std::task::Poll::Pending }
    })
    .await;
    done.into_iter().flatten().collect()
}

#[tokio::test]
async fn a_holder_whose_channel_is_gone_is_shown_as_gone_and_keeps_the_lock() {
    for shell in SHELLS {
        let bench = Bench::local(shell);
        let theirs = other(&bench, "r2");
        let two = theirs.keeper().await;
        let one = bench.keeper().await;
        one.lock("m", &claim("r1"), false).await.expect("lock");
        one.close().await;
        until_async(async || holder(two.lock("m", &claim("r2"), false).await.expect("ask")).connected == Connected::Gone).await;
        // The same run comes back, and is there again.
        let again = bench.again().await;
        assert_eq!(number(again.lock("m", &claim("r1"), false).await.expect("lock")), 1, "{shell}");
        assert_eq!(holder(two.lock("m", &claim("r2"), false).await.expect("ask")).connected, Connected::Alive, "{shell}");
    }
}

async fn until_async(mut what: impl AsyncFnMut() -> bool) {
    for _ in 0..500 {
        if what().await {
            return;
        }
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
    panic!("waited in vain");
}

/// What another user of the host may put there.
#[tokio::test]
async fn tricks_in_the_folder_of_all_accounts_never_give_a_lock_to_two_nor_run_nor_follow_anything() {
    for shell in SHELLS {
        let bench = Bench::local(shell);
        let keeper = bench.keeper().await;
        keeper.lock("warm-up", &claim("r1"), false).await.expect("the folder");
        let (at, victim) = (locks(&bench), bench.dir.path().join("victim"));
        fs::write(&victim, "untouched").expect("a file");
        // A folder where the next mark would be: `ln` would put its link inside and say that all went well.
        fs::create_dir(at.join("dir.1")).expect("dir");
        assert!(holder(keeper.lock("dir", &claim("r1"), false).await.expect("ask")).claim.is_none(), "{shell}");
        assert_eq!(number(keeper.lock("dir", &claim("r1"), true).await.expect("take")), 2, "{shell}");
        // A link to a folder, to a device, to a file.
        for (name, target) in [("to-dir", bench.dir.path().to_path_buf()), ("to-null", "/dev/null".into()), ("to-file", victim.clone())] {
            symlink(&target, at.join(format!("{name}.1"))).expect("link");
            assert!(matches!(keeper.lock(name, &claim("r1"), false).await, Ok(Locking::Locked(_))), "{shell}: {name}");
            assert_eq!(number(keeper.lock(name, &claim("r1"), true).await.expect("take")), 2, "{shell}: {name}");
        }
        // A mark that says too much, a number that no shell can count with, one at the end of all numbers, names that are near.
        symlink("held,x,$(touch pwned),0", at.join("loud.1")).expect("link");
        assert!(holder(keeper.lock("loud", &claim("r1"), false).await.expect("ask")).claim.is_none(), "{shell}");
        symlink("held,x,y\nRB z held 9,0", at.join("lines.1")).expect("link");
        assert!(holder(keeper.lock("lines", &claim("r1"), false).await.expect("ask")).claim.is_none(), "{shell}");
        symlink("held,x,y,0", at.join("huge.99999999999999999999999")).expect("link");
        assert_eq!(number(keeper.lock("huge", &claim("r1"), false).await.expect("lock")), 1, "{shell}");
        symlink("free,x,y,0", at.join("last.999999999999999")).expect("link");
        assert!(keeper.lock("last", &claim("r1"), false).await.is_err(), "{shell}");
        for near in ["near.x", "near.01", "near.1x", "near.", "near.-1", "near.1.by"] {
            symlink("held,x,y,0", at.join(near)).expect("link");
        }
        assert_eq!(number(keeper.lock("near", &claim("r1"), false).await.expect("lock")), 1, "{shell}");
        // Who is behind a mark can't be made to block whoever looks.
        symlink("held,x,y,0", at.join("by.1")).expect("link");
        symlink(format!("../../{}:1:1", victim.display()), at.join("by.1.by")).expect("link");
        assert_eq!(holder(keeper.lock("by", &claim("r1"), false).await.expect("ask")).connected, Connected::Gone, "{shell}");
        assert_eq!(fs::read_to_string(&victim).expect("a file"), "untouched", "{shell}");
        assert!(!bench.dir.path().join("pwned").exists() && !at.join("pwned").exists(), "{shell}");
    }
}

#[tokio::test]
async fn a_folder_that_is_not_everybodys_and_sticky_is_refused_and_the_way_out_is_said() {
    for shell in SHELLS {
        for (what, make) in [("mode", 0o755), ("mode", 0o777), ("no folder", 0)] {
            let bench = Bench::local(shell);
            let keeper = bench.keeper().await;
            if make == 0 {
                let elsewhere = bench.dir.path().join("elsewhere");
                fs::create_dir(&elsewhere).expect("dir");
                fs::set_permissions(&elsewhere, fs::Permissions::from_mode(0o1777)).expect("chmod");
                symlink(&elsewhere, locks(&bench)).expect("link");
            } else {
                fs::create_dir(locks(&bench)).expect("dir");
                fs::set_permissions(locks(&bench), fs::Permissions::from_mode(make)).expect("chmod");
            }
            let refused = keeper.lock("m", &claim("r1"), false).await.expect_err("refused").to_string();
            assert!(refused.contains(what) && refused.contains("install -d -m 1777"), "{shell}: {refused}");
        }
    }
}

/// The account's own home says nothing of what another account holds.
#[tokio::test]
async fn two_accounts_exclude_each_other_and_neither_takes_away_the_others_mark() {
    let bench = Bench::local("dash");
    let one = bench.keeper().await;
    one.lock("m", &claim("r1"), false).await.expect("lock");
    let at = locks(&bench);
    // Sticky: not even by `rm` of another user.
    tool("sudo", &["-n", "-u", "nobody", "rm", "-f", &at.join("m.1").display().to_string()]);
    assert!(fs::symlink_metadata(at.join("m.1")).is_ok());
    assert_eq!(one.holds().await.expect("look"), None);
    // Another user's higher mark counts, and ours does not go away by it.
    tool("sudo", &["-n", "-u", "nobody", "ln", "-s", "held,theirs,nobody@control,1700000000", &at.join("m.2").display().to_string()]);
    let (lock, holder) = one.holds().await.expect("look").expect("overtaken");
    assert_eq!((lock.as_str(), holder.claim.map(|c| c.who)), ("m", Some("nobody@control".to_owned())));
    assert_eq!(marks(&bench), ["m.1", "m.1.by", "m.2"]);
}
