//! The upgrade of a Matomo on two web hosts and a database, by Matomo's guide, on real hosts: MariaDB over the network,
//! Apache, PHP, access logs, disks. Matomo's own code is a stand-in, which says so.

use crate::harness::desk::{Desk, Ran};
use crate::harness::faults::at_each_step;
use crate::harness::fingerprint::{fingerprint, same};
use crate::harness::lab::Lab;

const UPGRADE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../runbooks/matomo/upgrade.runbook");
const WEB: [&str; 2] = ["matomo-web1", "matomo-web2"];
const DB: &str = "matomo-db";

fn upgrade(lab: &Lab, file: &str) -> Vec<String> {
    let sum = lab.ssh(WEB[0], "cut -d' ' -f1 /srv/releases/5.0.0/SHA256SUM");
    let mut args = vec!["run".to_owned(), file.to_owned(), "--ssh-config".to_owned(), lab.file("ssh/config")];
    let archive = "archive=http://localhost/releases/5.0.0/matomo.tar.gz".to_owned();
    args.extend(["to=5.0.0".to_owned(), archive, format!("sha256={sum}"), "room=10MB".to_owned()].into_iter().flat_map(|p| ["-p".to_owned(), p]));
    args.extend(["--target", "web=matomo-web1,matomo-web2", "--target", "db=matomo-db"].map(str::to_owned));
    args
}

fn resume(lab: &Lab, desk: &Desk) -> Ran {
    lab.runbook(desk, &["resume".to_owned(), "last".to_owned()])
}

/// Sends a hit to one host's tracker, and says what it was answered.
fn hit(lab: &Lab, host: &str, url: &str) -> String {
    lab.ssh(host, &format!("curl -s -o /dev/null -w '%{{http_code}}' 'http://localhost/matomo.php?idsite=1&url={url}'"))
}

fn tracked(lab: &Lab) -> Vec<String> {
    let urls = lab.ssh(DB, "mysql -BN matomo -e 'select url from matomo_log_visit order by url'");
    urls.lines().map(str::to_owned).collect()
}

fn page(lab: &Lab, host: &str) -> String {
    lab.ssh(host, "curl -s -w ' %{http_code}' http://localhost/ | tr '\\n' ' '")
}

/// All three hosts. The tracker's cache is no part of it.
fn all(lab: &Lab) -> String {
    lab.run(&["ssh", WEB[0], "curl -s -o /dev/null http://localhost/"]);
    lab.run(&["ssh", WEB[1], "curl -s -o /dev/null http://localhost/"]);
    fingerprint(lab, DB, "") + &WEB.map(|host| fingerprint(lab, host, "http://localhost/")).concat()
}

#[test]
fn the_upgrade_runs_to_done_on_two_servers_and_no_hit_is_lost() {
    let lab = Lab::of("farm");
    let desk = Desk::new();
    assert_eq!(hit(&lab, WEB[0], "before"), "204");
    let waits = lab.walk(&desk, &upgrade(&lab, UPGRADE), "update");
    assert_eq!(desk.word(), "waiting", "{waits:?}");
    assert!(format!("{}{}", waits.out, waits.err).contains("Dry Run"), "what the upgrade would do is shown: {waits:?}");
    for host in WEB {
        assert!(page(&lab, host).ends_with("503"), "{host} is in maintenance");
        // Each server now keeps in its cache that the database is old.
        assert_eq!(hit(&lab, host, &format!("during-{host}")), "503");
    }
    assert_eq!(tracked(&lab), ["before", "http://example.org/old"]);
    let done = lab.walk(&desk, &["resume".to_owned(), "last".to_owned()], "nothing");
    assert_eq!((done.status, desk.word().as_str()), (0, "done"), "{done:?}");
    for host in WEB {
        assert!(page(&lab, host).starts_with("Matomo 5.0.0"), "{host}: {}", page(&lab, host));
        assert_eq!(lab.ssh(host, "ls -d /var/www/*; ls /var/www/matomo/misc/user /var/www/matomo/plugins | xargs").lines().count(), 4);
    }
    assert_eq!(hit(&lab, WEB[1], "after"), "204");
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
    assert_eq!(hit(&lab, WEB[1], "meanwhile"), "503");
    assert_eq!(desk.runbook(["reject", "last", "update"]).status, 0);
    let back = resume(&lab, &desk);
    assert_eq!(back.status, 4, "{back:?}");
    assert_eq!(tracked(&lab), ["http://example.org/old", "meanwhile"]);
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
    lab.ssh(DB, "mysql -e \"grant all on matomo.* to matomo@'198.18.7.%'\"");
    let done = lab.walk(&desk, &["resume".to_owned(), "last".to_owned()], "nothing");
    assert_eq!((done.status, desk.word().as_str()), (0, "done"), "{done:?}");
    assert!(page(&lab, WEB[1]).starts_with("Matomo 5.0.0"));
}

#[test]
#[ignore = "takes minutes: see docs/developing.md"]
fn the_guide_with_a_fault_at_each_step_ends_as_its_boundary_says() {
    let lab = Lab::of("farm");
    at_each_step(&lab, UPGRADE, Some("update"), |file| upgrade(&lab, file), || all(&lab));
}
