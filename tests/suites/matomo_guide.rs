//! The upgrade of a Matomo on two web hosts and a database, by Matomo's guide, on real hosts: MariaDB over the network,
//! Apache, PHP, access logs, disks. Matomo's own code is a stand-in, which says so.

use crate::harness::desk::Desk;
use crate::harness::farm::{DB, WEB, all, hit, jobs, page, resume, tracked};
use crate::harness::faults::Piece;
use crate::harness::fingerprint::same;
use crate::harness::lab::Lab;
use crate::harness::struck::{AND_FULL, Long, Strike, past, strike};
use crate::harness::tally::Tally;
use crate::harness::trial::{Trial, behind};

const UPGRADE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../runbooks/matomo/upgrade.runbook");

fn upgrade(lab: &Lab, file: &str) -> Vec<String> {
    crate::harness::farm::upgrade(lab, file, &["room=10MB"])
}

#[test]
fn the_upgrade_runs_to_done_on_two_servers_and_no_hit_is_lost() {
    let lab = Lab::of("farm");
    let desk = Desk::new();
    let begin_by_themselves = WEB.map(|host| jobs(&lab, host));
    hit(&lab, WEB[0], "before");
    lab.ssh(WEB[0], r#"echo '{"name": "OurOwn", "require": {"matomo": ">=4.0.0-b1,<5.0.0-b1"}}' >/var/www/matomo/plugins/OurOwn/plugin.json"#);
    let waits = lab.walk(&desk, &upgrade(&lab, UPGRADE), "update");
    assert_eq!(desk.word(), "waiting", "{waits:?}");
    assert!(format!("{}{}", waits.out, waits.err).contains("OurOwn is not for 5.0.0: <5.0.0-b1"), "{waits:?}");
    for host in WEB {
        let rest = jobs(&lab, host);
        let begins = rest.lines().filter(|line| ["matomo-archive", "active"].contains(line) || (line.contains("queuedtracking") && !line.starts_with('#')));
        assert_eq!(begins.count(), 0, "what archives and what empties the queue is put aside: {rest}");
        assert!(rest.contains("\n7 4 1 1 * true"), "and nothing else: {rest}");
    }
    assert!(format!("{}{}", waits.out, waits.err).contains("Dry Run"), "what the upgrade would do is shown: {waits:?}");
    for host in WEB {
        assert!(page(&lab, host).ends_with("503"), "{host} is in maintenance");
        // Each server now keeps in its cache that the database is old.
        hit(&lab, host, &format!("during-{host}"));
    }
    assert_eq!(tracked(&lab), ["before", "http://example.org/old"]);
    let done = lab.walk(&desk, &["resume".to_owned(), "last".to_owned()], "nothing");
    assert_eq!((done.status, desk.word().as_str()), (0, "done"), "{done:?}");
    assert_eq!(WEB.map(|host| jobs(&lab, host)), begin_by_themselves, "they are back");
    for host in WEB {
        assert!(page(&lab, host).starts_with("Matomo 5.0.0"), "{host}: {}", page(&lab, host));
        assert_eq!(lab.ssh(host, "ls -d /var/www/*; ls /var/www/matomo/misc/user /var/www/matomo/plugins | xargs").lines().count(), 4);
    }
    hit(&lab, WEB[1], "after");
    assert_eq!(tracked(&lab), ["after", "before", "during-matomo-web1", "during-matomo-web2", "http://example.org/old"], "each once");
    assert_eq!(desk.attempts("update@matomo-web1"), 1, "one server upgrades the database");
    let again = lab.runbook(&Desk::new(), &upgrade(&lab, UPGRADE));
    assert_eq!(again.status, 7, "it is not upgraded to what it is: {again:?}");
}

#[test]
fn refused_before_the_database_is_upgraded_all_is_as_it_was_and_the_hits_come_in() {
    let lab = Lab::of("farm");
    let desk = Desk::new();
    let was = all(&lab);
    assert_eq!(lab.walk(&desk, &upgrade(&lab, UPGRADE), "update").status, 3);
    assert_eq!(desk.runbook(["reject", "last", "update", "--note", "that takes too long"]).status, 0);
    let back = resume(&lab, &desk);
    assert_eq!((back.status, desk.word().as_str()), (4, "rolled_back"), "{back:?}");
    same(&was, &all(&lab), "refused at the gate");

    // Once more, with a hit that is lost meanwhile: the way back replays it.
    let desk = Desk::new();
    assert_eq!(lab.walk(&desk, &upgrade(&lab, UPGRADE), "update").status, 3);
    hit(&lab, WEB[1], "meanwhile");
    assert_eq!(desk.runbook(["reject", "last", "update"]).status, 0);
    let back = resume(&lab, &desk);
    assert_eq!(back.status, 4, "{back:?}");
    assert_eq!(tracked(&lab), ["http://example.org/old", "meanwhile"]);
}

#[test]
fn with_a_queue_hits_wait_in_it_until_the_upgrade_is_over() {
    let lab = Lab::of("farm");
    let desk = Desk::new();
    for host in WEB {
        lab.ssh(host, "sudo -u www-data php /var/www/matomo/console plugin:activate QueuedTracking");
    }
    let args = crate::harness::farm::upgrade(&lab, UPGRADE, &["room=10MB", "queued=true"]);
    assert_eq!(lab.walk(&desk, &args, "update").status, 3);
    for url in ["one", "two", "three"] {
        hit(&lab, WEB[1], url);
    }
    assert_eq!(tracked(&lab), ["http://example.org/old"], "no table is written to meanwhile");
    let done = lab.walk(&desk, &["resume".to_owned(), "last".to_owned()], "nothing");
    assert_eq!((done.status, desk.word().as_str()), (0, "done"), "{done:?}");
    hit(&lab, WEB[0], "four");
    assert_eq!(tracked(&lab), ["four", "http://example.org/old", "one", "three", "two"], "each once");
}

#[test]
fn an_upgrade_of_the_database_that_fails_parks_in_maintenance_and_is_finished_by_a_resume() {
    let lab = Lab::of("farm");
    let desk = Desk::new();
    assert_eq!(lab.walk(&desk, &upgrade(&lab, UPGRADE), "update").status, 3);
    // Its migrations fail: the user of the web hosts may not change tables any more.
    lab.ssh(DB, "mysql -e \"revoke alter on matomo.* from matomo@'198.18.7.%'\"");
    assert_eq!(desk.runbook(["approve", "last", "update"]).status, 0);
    let parked = resume(&lab, &desk);
    assert_eq!((parked.status, desk.word().as_str()), (3, "parked"), "{parked:?}");
    assert_eq!(desk.stage("deploy@matomo-web1"), "succeeded", "nothing is undone behind the point of no return");
    assert!(page(&lab, WEB[1]).ends_with("503"), "nobody sees a Matomo that is half upgraded");
    assert!(!jobs(&lab, WEB[1]).lines().any(|line| line == "matomo-archive" || line == "active"), "and nothing begins by itself");
    lab.ssh(DB, "mysql -e \"grant all on matomo.* to matomo@'198.18.7.%'\"");
    let done = lab.walk(&desk, &["resume".to_owned(), "last".to_owned()], "nothing");
    assert_eq!((done.status, desk.word().as_str()), (0, "done"), "{done:?}");
    assert!(page(&lab, WEB[1]).starts_with("Matomo 5.0.0"));
}

#[test]
#[ignore = "takes minutes: see docs/developing.md"]
fn the_guide_with_a_fault_at_each_step_ends_as_its_boundary_says() {
    let lab = Lab::of("farm");
    let (args, look) = (|file: &str, _: &_| upgrade(&lab, file), || all(&lab));
    let mut trial = Trial::new(&lab, UPGRADE, &args, &look);
    let behind = behind(UPGRADE, "update");
    // Here there is no queue.
    let ends = |piece: &Piece, fault| if piece.id.starts_with("process-") { None } else { behind(piece, fault) };
    trial.ends = &ends;
    trial.run();
}

#[test]
#[ignore = "takes minutes: see docs/developing.md"]
fn the_upgrade_of_the_database_is_struck_in_its_middle_each_way_and_ends() {
    let lab = Lab::of("farm");
    let mut tally = Tally::new(UPGRADE, "strikes");
    for way in AND_FULL {
        lab.run(&["reset", "all"]);
        let desk = Desk::new();
        assert_eq!(lab.walk(&desk, &upgrade(&lab, UPGRADE), "update").status, 3);
        lab.ssh(WEB[0], "echo 8 >/run/lab-pause");
        let long = Long { path: "update@matomo-web1", host: WEB[0], works: "pgrep -f '[c]ore:update --yes'", until: "nothing", answers: &[] };
        let done = strike(&lab, &desk, &past(&desk, "update"), &long, way);
        assert_eq!(desk.word(), "done", "{way:?}: {done:?}");
        assert!(desk.attempts("update@matomo-web1") == 1 || !way.spares_the_job(), "{way:?}");
        assert!(desk.attempts("update@matomo-web1") == 2 || way != Strike::Reboot, "{way:?}");
        for host in WEB {
            assert!(page(&lab, host).starts_with("Matomo 5.0.0"), "{way:?} {host}: {}", page(&lab, host));
        }
        tally.ended(long.path, &desk.word());
    }
}
