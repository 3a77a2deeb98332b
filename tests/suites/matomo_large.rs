//! The upgrade of a large Matomo, of 34 points and days, on real hosts: MariaDB, Apache, PHP, rotated access logs, disks.
//! Matomo's own code, and that of its queue, is a stand-in, which says so.

use std::process::Stdio;

use crate::harness::desk::{Desk, Ran, until};
use crate::harness::farm::{DB, WEB, all, hit, page, resume, tracked};
use crate::harness::faults::{Fault, Piece};
use crate::harness::fingerprint::same;
use crate::harness::lab::Lab;
use crate::harness::struck::{ALL, Long, Strike, past, strike};
use crate::harness::tally::Tally;
use crate::harness::trial::{Trial, behind};

const UPGRADE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../runbooks/matomo/upgrade-large.runbook");
const ANSWERS: &[(&str, &[&str])] =
    &[("schedule", &["--evidence", "days=the first week of May", "--evidence", "backup=last night's snapshot"]), ("invalidations", &["--choice", "truncate"])];

/// Of swap the lab's hosts have what the machine has, and the lab's MariaDB has a small buffer pool.
fn upgrade(lab: &Lab, file: &str, params: &[&str]) -> Vec<String> {
    let params = [&["root=/var/www/matomo", "purge=2021-01-01,2021-12-31", "pool=0", "few=0"], params].concat();
    crate::harness::farm::upgrade(lab, file, &params)
}

fn console(lab: &Lab, host: &str, command: &str) -> String {
    lab.ssh(host, &format!("sudo -u www-data php /var/www/matomo/console {command}"))
}

fn sql(lab: &Lab, text: &str) -> String {
    lab.ssh(DB, &format!("mysql -BN matomo -e \"{text}\""))
}

/// The farm, with tracking through the queue.
fn farm() -> Lab {
    let lab = Lab::of("farm");
    for host in WEB {
        console(&lab, host, "plugin:activate QueuedTracking");
    }
    lab
}

fn walk(lab: &Lab, desk: &Desk, args: &[String], until: &str) -> Ran {
    lab.walk_with(desk, args, until, ANSWERS)
}

fn again() -> Vec<String> {
    ["resume", "last"].map(str::to_owned).to_vec()
}

#[test]
fn the_large_upgrade_runs_to_done_over_a_core_dump_and_a_killed_engine_and_no_hit_is_lost() {
    let lab = farm();
    let desk = Desk::new();
    sql(&lab, "insert into matomo_log_visit (idsite, url, visit_last_action_time) values (1, 'of 2021', '2021-05-05')");
    hit(&lab, WEB[0], "before");
    let waits = walk(&lab, &desk, &upgrade(&lab, UPGRADE, &["swap=0"]), "maintenance");
    assert_eq!(desk.word(), "waiting", "{waits:?}");
    assert!(!tracked(&lab).contains(&"of 2021".to_owned()), "raw data of these days is gone");
    assert_eq!(sql(&lab, "select count(*) from matomo_archive_numeric_2026_01"), "1", "and an archive that was invalid");
    let waits = walk(&lab, &desk, &[vec!["approve".to_owned()], again()[1..].to_vec(), vec!["maintenance".to_owned()]].concat(), "update");
    assert_eq!(waits.status, 0, "{waits:?}");
    let waits = walk(&lab, &desk, &again(), "update");
    assert!(format!("{}{}", waits.out, waits.err).contains("last night's snapshot"), "the gate says what the way back is: {waits:?}");
    assert_eq!(tracked(&lab), ["before", "http://example.org/old"], "the queue is empty");
    // What came into it at the last moment waits there over the upgrade.
    sql(&lab, "insert into matomo_queuedtracking_queue (idsite, url, at) values (1, 'at-the-last-moment', utc_timestamp())");
    for host in WEB {
        assert!(page(&lab, host).contains("503"), "{host} is closed");
        hit(&lab, host, &format!("during-{host}"));
        // A browser's name that is no UTF-8, and a rotation in the middle.
        lab.ssh(host, "curl -s -A $'\\x80' 'http://localhost/matomo.php?idsite=1&url=odd-'$(hostname)");
        lab.ssh(host, "cd /var/log/apache2; mv access.log access.log.1; gzip access.log.1; systemctl reload apache2");
        hit(&lab, host, &format!("rotated-{host}"));
    }

    // The upgrade dumps core once; while it is at it again the engine is killed.
    lab.ssh(WEB[0], "echo once >/run/lab-dump-core; echo 4 >/run/lab-pause; chmod 666 /run/lab-dump-core");
    assert_eq!(desk.runbook(["approve", "last", "update"]).status, 0);
    let mut engine = lab.runbook_command(&desk, &again()).stdout(Stdio::null()).stderr(Stdio::null()).spawn().expect("the engine");
    until("the second attempt is under way", || lab.tries(&["ssh", WEB[0], "[ ! -s /run/lab-dump-core ] && pgrep -f '[c]ore:update --yes'"]));
    engine.kill().expect("it runs");
    engine.wait().expect("it was killed");
    // What Matomo has flagged by itself.
    sql(&lab, "insert into matomo_archive_invalidations (idsite, date1, date2, period, name) values (1, '2026-01-01', '2026-01-01', 1, 'done')");
    let asks = walk(&lab, &desk, &again(), "invalidations");
    assert_eq!(desk.attempts("update@matomo-web1"), 2, "once more after the core dump, and not again after the kill: {asks:?}");
    assert_eq!(lab.ssh(WEB[0], "cat /var/www/matomo/tmp/updates"), "once");
    assert_eq!(
        tracked(&lab),
        [
            "at-the-last-moment",
            "before",
            "during-matomo-web1",
            "during-matomo-web2",
            "http://example.org/old",
            "odd-matomo-web1",
            "odd-matomo-web2",
            "rotated-matomo-web1",
            "rotated-matomo-web2"
        ],
        "each once"
    );
    let month = lab.ssh(DB, "date -u +%Y_%m");
    assert_eq!(sql(&lab, &format!("select value from matomo_archive_numeric_{month} where name = 'nb_visits' and date1 = utc_date()")), "8");
    let done = walk(&lab, &desk, &again(), "nothing");
    assert_eq!((done.status, desk.word().as_str()), (0, "done"), "{done:?}");
    assert_eq!(sql(&lab, "select count(*) from matomo_archive_invalidations"), "0");
    assert_eq!(lab.ssh(DB, "grep -c 'INSERT INTO' /var/backups/matomo/*/invalidations.sql"), "1", "the list was kept");
    for host in WEB {
        assert!(page(&lab, host).starts_with("Matomo 5.0.0"), "{host}: {}", page(&lab, host));
        hit(&lab, host, &format!("after-{host}"));
    }
    // The queue takes two at once.
    assert!(tracked(&lab).contains(&"after-matomo-web1".to_owned()) && tracked(&lab).contains(&"after-matomo-web2".to_owned()));
}

/// Nothing to purge, since what is purged stays purged.
fn purged(lab: &Lab) {
    sql(lab, "delete from matomo_archive_numeric_2026_01 where value = 4");
}

#[test]
fn a_large_upgrade_that_is_refused_leaves_the_hosts_as_they_were() {
    let lab = farm();
    purged(&lab);
    let was = all(&lab);
    // More swap than any machine has.
    let desk = Desk::new();
    let refused = walk(&lab, &desk, &upgrade(&lab, UPGRADE, &["swap=1000"]), "nothing");
    assert_eq!((refused.status, desk.word().as_str()), (4, "rolled_back"), "{refused:?}");
    assert!(format!("{}{}", refused.out, refused.err).contains("KiB of swap"), "{refused:?}");
    let desk = Desk::new();
    assert_eq!(walk(&lab, &desk, &upgrade(&lab, UPGRADE, &["swap=0"]), "update").status, 3);
    assert_eq!(desk.runbook(["reject", "last", "update", "--note", "that takes too long"]).status, 0);
    let back = resume(&lab, &desk);
    assert_eq!((back.status, desk.word().as_str()), (4, "rolled_back"), "{back:?}");
    same(&was, &all(&lab), "refused at the gate");
}

#[test]
#[ignore = "takes minutes: see docs/developing.md"]
fn the_large_upgrade_with_a_fault_at_each_step_ends_as_its_boundary_says() {
    let lab = farm();
    let look = || {
        for host in WEB {
            console(&lab, host, "plugin:activate QueuedTracking");
        }
        purged(&lab);
        all(&lab)
    };
    let args = |file: &str, _: &_| upgrade(&lab, file, &["swap=0"]);
    let mut trial = Trial::new(&lab, UPGRADE, &args, &look);
    let behind = behind(UPGRADE, "update");
    // The plugin has nothing of its own to upgrade here, so nothing runs after which it could break.
    let ends = |piece: &Piece, fault| if piece.id == "update-of-the-plugin" && fault != Fault::Before { None } else { behind(piece, fault) };
    (trial.answers, trial.ends) = (ANSWERS, &ends);
    trial.run();
}

#[test]
#[ignore = "takes minutes: see docs/developing.md"]
fn the_large_upgrade_of_the_database_is_struck_in_its_middle_each_way_and_ends() {
    let lab = farm();
    let mut tally = Tally::new(UPGRADE, "strikes");
    for way in ALL {
        lab.run(&["reset", "all"]);
        for host in WEB {
            console(&lab, host, "plugin:activate QueuedTracking");
        }
        let desk = Desk::new();
        assert_eq!(walk(&lab, &desk, &upgrade(&lab, UPGRADE, &["swap=0"]), "update").status, 3);
        lab.ssh(WEB[0], "echo 8 >/run/lab-pause");
        let long = Long { path: "update@matomo-web1", host: WEB[0], works: "pgrep -f '[c]ore:update --yes'", until: "nothing", answers: ANSWERS };
        let done = strike(&lab, &desk, &past(&desk, "update"), &long, way);
        assert_eq!(desk.word(), "done", "{way:?}: {done:?}");
        assert_eq!(desk.attempts("update@matomo-web1"), if way == Strike::Reboot { 2 } else { 1 }, "{way:?}");
        assert!(page(&lab, WEB[1]).starts_with("Matomo 5.0.0"), "{way:?}: {}", page(&lab, WEB[1]));
        tally.ended(long.path, &desk.word());
    }
}
