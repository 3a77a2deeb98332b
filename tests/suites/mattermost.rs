//! The upgrade and the migration of Mattermost on real hosts: systemd, MariaDB, Apache, disks. The server itself is a
//! stand-in, which says so.

use crate::harness::desk::{Desk, Ran};
use crate::harness::faults::Piece;
use crate::harness::fingerprint::{fingerprint, same};
use crate::harness::lab::Lab;
use crate::harness::struck::{AND_FULL, Long, Strike, past, strike};
use crate::harness::tally::Tally;
use crate::harness::trial::{Trial, behind};

const UPGRADE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../runbooks/mattermost/upgrade.runbook");
const MIGRATE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../runbooks/mattermost/migrate.runbook");
const OLD: &str = "mm-old";
const NEW: &str = "mm-new";

fn run(lab: &Lab, file: &str, params: &[String], more: &[&str]) -> Vec<String> {
    let mut args = vec!["run".to_owned(), file.to_owned(), "--ssh-config".to_owned(), lab.file("ssh/config")];
    args.extend(params.iter().flat_map(|p| ["-p".to_owned(), p.clone()]));
    args.extend(more.iter().map(|word| (*word).to_owned()));
    args
}

/// The upgrade to a release that the host itself serves. It announces itself by a web hook, as a post.
fn upgrade(lab: &Lab, file: &str, to: &str) -> Vec<String> {
    lab.ssh(OLD, "echo 'url = \"http://localhost/hooks/abc\"' > /root/hook.curl");
    let sum = lab.ssh(OLD, &format!("cut -d' ' -f1 /srv/releases/{to}/SHA256SUM"));
    let archive = format!("archive=http://localhost/releases/{to}/mattermost.tar.gz");
    let params = ["team=blue".to_owned(), format!("to={to}"), format!("sha256={sum}"), archive, "webhook=/root/hook.curl".to_owned(), "room=10MB".to_owned()];
    run(lab, file, &params, &["--target", "app=mm-old"])
}

fn migration(lab: &Lab, file: &str) -> Vec<String> {
    let config = format!("ssh_config={}", lab.file("ssh/config"));
    let params = ["team=blue".to_owned(), "public=http://mm-new/".to_owned(), "room=10MB".to_owned(), config];
    run(lab, file, &params, &["--target", "source=mm-old", "--target", "destination=mm-new"])
}

fn resume(lab: &Lab, desk: &Desk) -> Ran {
    lab.runbook(desk, &["resume".to_owned(), "last".to_owned()])
}

fn says_yes(desk: &Desk, gate: &str) {
    let said = desk.runbook(["approve", "last", gate]);
    assert_eq!(said.status, 0, "{said:?}");
}

/// A page as a user sees it, with its status behind it.
fn page(lab: &Lab, host: &str, path: &str) -> String {
    lab.ssh(host, &format!("curl -s -w '%{{http_code}}' http://localhost/{path}"))
}

fn schema(lab: &Lab) -> String {
    lab.ssh(OLD, "mysql -BN mattermost -e \"select Value from Systems where Name = 'Version'\"")
}

/// The announcement is a post, which no rollback takes back; so it is made before hosts are compared.
fn before(lab: &Lab) -> String {
    lab.ssh(
        OLD,
        "mysql mattermost -e \"delete from Posts where Message like '%will be stopped%'; alter table Posts auto_increment = 1\"; rm -f /root/hook.curl",
    );
    fingerprint(lab, OLD, "http://localhost/blue http://localhost/files/picture.png")
}

#[test]
fn the_upgrade_runs_to_done_one_release_after_the_other_and_keeps_what_users_wrote() {
    let lab = Lab::of("mattermost");
    let desk = Desk::new();
    lab.ssh(OLD, "curl -sf -d 'before the upgrade' http://localhost/blue");
    let skips = lab.runbook(&desk, &upgrade(&lab, UPGRADE, "1.5.0"));
    assert_eq!(skips.status, 7, "a release is never skipped: {skips:?}");
    assert!(skips.err.contains("next release"), "{skips:?}");

    for to in ["1.4.0", "1.5.0"] {
        let waits = lab.walk(&desk, &upgrade(&lab, UPGRADE, to), "open");
        assert_eq!(desk.word(), "waiting", "{waits:?}");
        assert!(page(&lab, OLD, "blue").ends_with("503"), "users can't reach it yet");
        assert!(lab.ssh(OLD, "curl -s http://127.0.0.1:8066/blue").contains(&format!("Mattermost {to}")), "its own host can");
        let early = resume(&lab, &desk);
        assert_eq!(early.status, 3, "without a word it stays shut: {early:?}");
        assert!(page(&lab, OLD, "blue").ends_with("503"));
        says_yes(&desk, "open");
        let opened = resume(&lab, &desk);
        assert_eq!(opened.status, 3, "{opened:?}");
        assert!(page(&lab, OLD, "blue").contains(&format!("Mattermost {to}")));
        // Somebody says that it is done, and has not done it.
        says_yes(&desk, "save-in-the-console");
        let lied = resume(&lab, &desk);
        assert_eq!(desk.word(), "parked", "{lied:?}");
        assert!(format!("{}{}", lied.out, lied.err).contains("lacks these settings"), "{lied:?}");
        lab.ssh(OLD, "curl -sf -d '' http://localhost/admin_console/save");
        let again = resume(&lab, &desk);
        assert_eq!(again.status, 3, "it is asked once more: {again:?}");
        says_yes(&desk, "save-in-the-console");
        let done = resume(&lab, &desk);
        assert_eq!((done.status, desk.word().as_str()), (0, "done"), "{done:?}");
    }
    let posts = page(&lab, OLD, "blue");
    assert!(["hello from mm-old", "before the upgrade", "will be stopped"].iter().all(|post| posts.contains(post)), "{posts}");
    assert!(page(&lab, OLD, "files/picture.png").starts_with("a picture"));
    assert!(lab.ssh(OLD, "cat /opt/mattermost/config/config.json").contains("Team chat of mm-old"), "its settings are the old ones");
    assert_eq!(lab.ssh(OLD, "ls -d /opt/*"), "/opt/mattermost\n/opt/mattermost-1.3.0\n/opt/mattermost-1.4.0", "the old versions are still there");
    assert_eq!(lab.ssh(OLD, "find /var/backups/mattermost -name '*.sql.gz' -perm 600 | wc -l"), "2");
    assert_eq!(desk.runbook(["verify", "last"]).status, 0);
}

#[test]
fn an_upgrade_that_is_refused_when_the_schema_is_new_already_is_rolled_back_whole() {
    let lab = Lab::of("mattermost");
    let desk = Desk::new();
    let was = before(&lab);
    let waits = lab.walk(&desk, &upgrade(&lab, UPGRADE, "1.4.0"), "open");
    assert_eq!(desk.word(), "waiting", "{waits:?}");
    assert_eq!(schema(&lab), "1.4.0", "the new server has migrated it");
    assert_eq!(desk.runbook(["reject", "last", "open", "--note", "the page looks wrong"]).status, 0);
    let back = resume(&lab, &desk);
    assert_eq!((back.status, desk.word().as_str()), (4, "rolled_back"), "{back:?}");
    assert_eq!(schema(&lab), "1.3.0");
    assert!(page(&lab, OLD, "blue").contains("Mattermost 1.3.0"), "users have the old version again");
    same(&was, &before(&lab), "refused at the gate");
}

#[test]
fn the_migration_runs_to_done_and_carries_posts_files_and_settings() {
    let lab = Lab::of("mattermost");
    let desk = Desk::new();
    lab.ssh(OLD, "curl -sf -d 'a last word' http://localhost/blue; curl -sf -d 'of the old one' http://localhost/files/old.png");
    let source = lab.ssh(NEW, "jq -r .SqlSettings.DataSource /opt/mattermost/config/config.json");
    let waits = lab.walk(&desk, &migration(&lab, MIGRATE), "move");
    assert_eq!(desk.word(), "waiting", "{waits:?}");
    assert!(page(&lab, OLD, "blue").ends_with("503"), "nobody writes to the old one any more");
    let done = lab.walk(&desk, &["resume".to_owned(), "last".to_owned()], "nothing");
    assert_eq!((done.status, desk.word().as_str()), (0, "done"), "{done:?}");
    let posts = page(&lab, NEW, "blue");
    assert!(posts.contains("hello from mm-old") && posts.contains("a last word") && !posts.contains("mm-new"), "{posts}");
    assert!(page(&lab, NEW, "files/old.png").starts_with("of the old one"));
    assert_eq!(lab.ssh(NEW, "jq -r .SqlSettings.DataSource /opt/mattermost/config/config.json"), source, "its own database");
    assert_eq!(lab.ssh(NEW, "jq -r .TeamSettings.SiteName /opt/mattermost/config/config.json"), "Team chat of mm-old");
    assert_eq!(lab.ssh(OLD, "systemctl is-enabled mattermost || true"), "disabled", "a reboot does not bring the old one back");
}

#[test]
#[ignore = "takes minutes: see docs/developing.md"]
fn the_upgrade_with_a_fault_at_each_step_ends_as_its_boundary_says() {
    let lab = Lab::of("mattermost");
    // With a web hook nobody is asked to tell the teams.
    let args = |file: &str, piece: &Piece| {
        let mut args = upgrade(&lab, file, "1.4.0");
        if piece.id == "announce" {
            let at = args.iter().position(|word| word.starts_with("webhook=")).expect("it is there");
            args.drain(at - 1..=at);
        }
        args
    };
    let look = || before(&lab);
    let mut trial = Trial::new(&lab, UPGRADE, &args, &look);
    let ends = behind(UPGRADE, "open");
    trial.ends = &ends;
    trial.run();
}

#[test]
#[ignore = "takes minutes: see docs/developing.md"]
fn the_migration_with_a_fault_at_each_step_ends_as_its_boundary_says() {
    let lab = Lab::of("mattermost");
    let (args, look) = (|file: &str, _: &Piece| migration(&lab, file), || both(&lab));
    let mut trial = Trial::new(&lab, MIGRATE, &args, &look);
    let ends = behind(MIGRATE, "send-users");
    trial.ends = &ends;
    trial.run();
}

fn both(lab: &Lab) -> String {
    before(lab) + &fingerprint(lab, NEW, "http://localhost/blue")
}

/// While a database that takes its time is dumped on the old host, after the gate `stop`: what outlives the strike comes to
/// the last gate, where it is refused; either way the hosts are as they were.
fn struck(lab: &Lab, runbook: &str, dump: &str, last: &str, args: impl Fn() -> Vec<String>, look: impl Fn() -> String) {
    let mut tally = Tally::new(runbook, "strikes");
    for way in AND_FULL {
        lab.run(&["reset", "all"]);
        let (was, desk) = (look(), Desk::new());
        let rows = "create table Long_dump (id int primary key, t varchar(255)); insert into Long_dump select seq, repeat('x', 200) from seq_1_to_400000";
        lab.ssh(OLD, &format!("mysql mattermost -e \"{rows}\""));
        assert_eq!(lab.walk(&desk, &args(), "stop").status, 3);
        let long = Long { path: dump, host: OLD, works: "pgrep -f '[r]unbook_check'", until: last, answers: &[] };
        let ran = strike(lab, &desk, &past(&desk, "stop"), &long, way);
        if way == Strike::Reboot {
            assert_eq!(desk.word(), "rolled_back", "{ran:?}");
        } else if desk.word() != "rolled_back" || way.spares_the_job() {
            assert_eq!(desk.word(), "waiting", "{way:?}: {ran:?}");
            assert!(desk.attempts(dump) == 1 || !way.spares_the_job(), "{way:?}");
            assert_eq!(desk.runbook(["reject", "last", last]).status, 0);
            let back = resume(lab, &desk);
            assert_eq!((back.status, desk.word().as_str()), (4, "rolled_back"), "{way:?}: {back:?}");
        }
        assert_eq!(lab.ssh(OLD, "mysql -BN mattermost -e 'select count(*) from Long_dump; drop table Long_dump'"), "400000");
        same(&was, &look(), &format!("{way:?}"));
        tally.ended(dump, "rolled back");
    }
}

#[test]
#[ignore = "takes minutes: see docs/developing.md"]
fn the_upgrade_is_struck_each_way_while_the_database_is_dumped() {
    let lab = Lab::of("mattermost");
    struck(&lab, UPGRADE, "backup-database@mm-old", "open", || upgrade(&lab, UPGRADE, "1.4.0"), || before(&lab));
}

#[test]
#[ignore = "takes minutes: see docs/developing.md"]
fn the_migration_is_struck_each_way_while_the_old_database_is_dumped() {
    let lab = Lab::of("mattermost");
    struck(&lab, MIGRATE, "dump@mm-old", "move", || migration(&lab, MIGRATE), || both(&lab));
}
