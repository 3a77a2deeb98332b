//! A snapshot of a MariaDB that is written to, by the real mariadb-backup on a real host, and the way back to it.

use std::process::Stdio;

use crate::harness::desk::{Desk, Ran};
use crate::harness::lab::Lab;

const HOST: &str = "lib1";

const SNAPSHOT: &str = r#"
runbook library.snapshot "A snapshot, and back to it" {
  owner  "sre"
  source "made for a test"
  param to: path     = "/srv/snapshots/one"
  param unit: string = "mariadb"
  param taken: bool  = false
  param fails: bool  = true
  target db: host    = "lib1"

  boundary all "All or nothing" {
    step snapshot on db { when not taken; use mysql.snapshot(to: to) }
    step way-back on db { use mysql.snapshot_restorable(from: to, unit: unit, within: 30s) }
    step spoil on db {
      run  `touch /run/stop; mysql -e 'drop table matomo.matomo_site; create database other; create user x@y'`
      undo none "the snapshot brings it back"
    }
    step last on db { when fails; run `exit 9`; undo none "it did nothing" }
  }
}
"#;

/// Writes rows one after the other until it is told to stop, so that what is missing in between would show.
const WRITER: &str = "mysql matomo -e 'create table w (n int primary key)'
    systemd-run -q --unit=writer bash -c 'n=0; until [ -e /run/stop ]; do n=$((n + 1)); mysql matomo -e \"insert into w values ($n)\" || sleep 1; done'
    until [ \"$(mysql matomo -BNe 'select count(*) from w')\" -gt 20 ]; do sleep 0.1; done";

/// So much that a copy takes its time.
const MUCH: &str = "mysql matomo -e 'create table much (id int auto_increment primary key, t longtext); insert into much (t) values (repeat(\"x\", 4000000))'
    for i in 1 2 3 4 5 6; do mysql matomo -e 'insert into much (t) select t from much'; done";

fn run(lab: &Lab, desk: &Desk, more: &[&str]) -> Ran {
    let args = args(lab, desk, more);
    lab.runbook(desk, &args)
}

fn args(lab: &Lab, desk: &Desk, more: &[&str]) -> Vec<String> {
    let file = desk.file("a.runbook", SNAPSHOT).display().to_string();
    let args = ["run", &file, "--ssh-config", &lab.file("ssh/config")].map(str::to_owned);
    args.into_iter().chain(more.iter().map(|word| (*word).to_owned())).collect()
}

/// All that the server holds but what is written meanwhile, and who owns its files.
fn data(lab: &Lab) -> String {
    lab.ssh(
        HOST,
        "mysqldump --skip-comments --ignore-table=matomo.w matomo; mysql -BNe 'show databases; select user, host from mysql.user order by 1, 2'
        stat -c '%U:%G %a' /var/lib/mysql /var/lib/mysql/matomo; find /var/lib/mysql -name '*.ibd' ! -user mysql -o -name runbook-files; systemctl is-active mariadb",
    )
}

#[test]
fn a_snapshot_is_taken_while_somebody_writes_and_is_what_a_rollback_comes_back_to() {
    let lab = Lab::of("library");
    let desk = Desk::new();
    lab.ssh(HOST, WRITER);
    let was = data(&lab);
    let before: u64 = lab.ssh(HOST, "mysql matomo -BNe 'select max(n) from w'").parse().expect("a number");
    let back = run(&lab, &desk, &[]);
    assert_eq!((back.status, desk.stage("way-back@lib1").as_str()), (4, "undone"), "{back:?}");
    assert_eq!(data(&lab), was);
    let rows = lab.ssh(HOST, "mysql matomo -BNe 'select count(*), max(n) from w'");
    let (count, last) = rows.split_once('\t').expect("two numbers");
    assert!(count == last && last.parse::<u64>().expect("a number") >= before, "all that was written before it, and no hole: {rows}");
    // What was there stays beside it, and so does the snapshot, which is whole.
    assert_eq!(lab.ssh(HOST, "ls -d /var/lib/mysql.before-* | wc -l; ls /srv/snapshots"), "1\none");
    assert_eq!(lab.ssh(HOST, "rm -r /var/lib/mysql.before-*; ls -d /var/lib/mysql*"), "/var/lib/mysql");

    // A snapshot is no other run's: it is in the way.
    let again = run(&lab, &desk, &[]);
    assert!(again.status == 4 && again.err.contains("nothing stands at /srv/snapshots/one"), "{again:?}");
    // It can be gone back to as often as one likes; a server that does not start leaves the way back to a person.
    lab.ssh(HOST, "mkdir -p /run/systemd/system/mariadb.service.d; printf '[Service]\\nExecStartPre=/bin/sh -c \"[ ! -e /run/stays-down ]\"\\n' >/run/systemd/system/mariadb.service.d/x.conf; systemctl daemon-reload; touch /run/stays-down");
    let stuck = run(&lab, &desk, &["-p", "taken=true"]);
    assert!(stuck.status == 5 && stuck.err.contains("mariadb does not start on the data of the snapshot; what was there before is kept in"), "{stuck:?}");
    lab.ssh(HOST, "rm /run/stays-down");
    let back = lab.runbook(&desk, &["rollback", "last"].map(str::to_owned));
    assert_eq!(back.status, 4, "{back:?}");
    assert_eq!(data(&lab), was);
}

#[test]
fn a_snapshot_that_is_cut_short_or_finds_no_room_leaves_nothing_and_the_server_alone() {
    let lab = Lab::of("library");
    let desk = Desk::new();
    lab.ssh(HOST, MUCH);
    let was = data(&lab);
    let left = || lab.ssh(HOST, "mkdir -p /srv/snapshots; ls -A /srv/snapshots; ls -d /var/lib/mysql.* 2>/dev/null; mysql -BNe 'select 1'");
    // Halted in its middle, and then struck.
    let halted = "for i in $(seq 3000); do pgrep -x mariadb-backup >/dev/null && du -sm /srv/snapshots | grep -qE '^[0-9]{2,}' && pkill -STOP -x mariadb-backup && exit; sleep 0.02; done; exit 1";
    for strike in ["kill", "full"] {
        let engine = lab.runbook_command(&desk, &args(&lab, &desk, &[])).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("the binary runs");
        lab.ssh(HOST, halted);
        if strike == "full" {
            lab.run(&["resize", HOST, "full"]);
        }
        lab.ssh(HOST, if strike == "full" { "pkill -CONT -x mariadb-backup" } else { "pkill -9 -x mariadb-backup" });
        let ran = engine.wait_with_output().expect("it ends");
        lab.run(&["resize", HOST, "2g"]);
        assert_eq!(ran.status.code(), Some(4), "{strike}: {ran:?}");
        assert_eq!((left().as_str(), desk.stage("snapshot@lib1").as_str()), ("1", "undone"), "{strike}");
    }
    assert_eq!(data(&lab), was);

    // Not begun where there is no room for it, nor trusted where a file of it is cut.
    lab.ssh(HOST, "fallocate -l $(($(df --output=avail -B1 /srv | tail -n 1) - 100000000)) /srv/fills");
    let full = run(&lab, &desk, &[]);
    assert!(full.status == 4 && full.err.contains("bytes, /srv/snapshots has only"), "{full:?}");
    lab.ssh(HOST, "rm /srv/fills");
    assert_eq!(run(&lab, &desk, &["-p", "fails=false"]).status, 0);
    lab.ssh(HOST, "truncate -s -16384 /srv/snapshots/one/matomo/much.ibd");
    let cut = run(&lab, &desk, &["-p", "taken=true"]);
    assert!(cut.status == 4 && cut.err.contains("files of the snapshot are missing or of another size"), "{cut:?}");
    assert_eq!(desk.stage("way-back@lib1"), "refused");
}

#[test]
fn what_can_not_be_copied_or_put_back_is_refused_in_a_sentence_before_anything_is_done() {
    let lab = Lab::of("library");
    let desk = Desk::new();
    let tool = "/usr/bin/mariadb-backup /usr/bin/mariabackup";
    for (make, mend, says) in [
        // A STAND-IN for the client of a MySQL: it says its version, and knows nothing else.
        (
            "printf '#!/bin/sh\\necho 8.4.3\\n' >/usr/local/bin/mysql; chmod 755 /usr/local/bin/mysql".to_owned(),
            "rm /usr/local/bin/mysql".to_owned(),
            "this is MySQL 8.4.3, which mariadb-backup can't copy: use mysql.dumped, or a snapshot of the disk",
        ),
        (
            "printf '#!/bin/sh\\necho mariadb-backup based on MariaDB server 10.6.1-MariaDB Linux\\n' >/usr/local/bin/mariadb-backup; chmod 755 /usr/local/bin/mariadb-backup".to_owned(),
            "rm /usr/local/bin/mariadb-backup".to_owned(),
            "Both must be of one version",
        ),
        (format!("for f in {tool}; do mv $f $f.off; done"), format!("for f in {tool}; do mv $f.off $f; done"), "there is no mariadb-backup on this host"),
        ("systemctl stop mariadb".to_owned(), "systemctl start mariadb".to_owned(), "Can't connect to"),
    ] {
        lab.ssh(HOST, &make);
        let refused = run(&lab, &desk, &[]);
        lab.ssh(HOST, &mend);
        assert!(refused.status == 4 && refused.err.contains(says), "{says}: {refused:?}");
        assert_eq!(desk.attempts("snapshot@lib1"), 0, "{says}");
    }
    let other = run(&lab, &desk, &["-p", "unit=ssh"]);
    assert!(other.status == 4 && other.err.contains("ssh works in /, the server of"), "{other:?}");
    assert_eq!(lab.ssh(HOST, "mysql -BNe 'select count(*) from matomo.matomo_site'"), "1", "nothing was done");
}
