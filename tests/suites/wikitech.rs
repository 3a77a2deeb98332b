//! Wikitech's Matomo on real hosts: an archive of packages that reprepro keeps, apt and dpkg, Puppet, Apache, MariaDB.
//! Matomo's own code is a stand-in, which says so. The restart has a suite of its own: `matomo`.

use crate::harness::desk::{Desk, Ran};
use crate::harness::faults::{Kind, Piece};
use crate::harness::fingerprint::{fingerprint, same};
use crate::harness::lab::Lab;
use crate::harness::struck::{ALL, AND_FULL, Long, Strike, past, strike};
use crate::harness::tally::Tally;
use crate::harness::trial::{End, Trial, behind};

const UPGRADE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../runbooks/wikitech/matomo-upgrade.runbook");
const INVALIDATE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../runbooks/wikitech/matomo-invalidate.runbook");
const ARCHIVE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../runbooks/wikitech/matomo-archive.runbook");
const WEB: &str = "matomo1002";
const ANSWERS: &[(&str, &[&str])] = &[("changelog", &["--evidence", "major_changes=true"])];

fn run(lab: &Lab, file: &str, params: &[&str]) -> Vec<String> {
    let mut args = vec!["run".to_owned(), file.to_owned(), "--ssh-config".to_owned(), lab.file("ssh/config")];
    args.extend(["--target", "web=matomo1002"].map(str::to_owned));
    args.extend(params.iter().flat_map(|param| ["-p".to_owned(), (*param).to_owned()]));
    args
}

fn upgrade(lab: &Lab, file: &str, to: &str) -> Vec<String> {
    let mut args = run(lab, file, &[&format!("to={to}"), "room=10MB"]);
    args.extend(["--target", "apt=apt1001"].map(str::to_owned));
    args
}

fn resume(lab: &Lab, desk: &Desk) -> Ran {
    lab.runbook(desk, &["resume".to_owned(), "last".to_owned()])
}

fn page(lab: &Lab) -> String {
    lab.ssh(WEB, "curl -s -w ' %{http_code}' http://localhost/ | tr '\\n' ' '")
}

fn version(lab: &Lab) -> String {
    lab.ssh(WEB, "dpkg-query -W -f '${db:Status-Status} ${Version}' matomo")
}

fn puppet(lab: &Lab) -> String {
    lab.ssh(WEB, "cat \"$(puppet config print --section agent agent_disabled_lockfile)\" 2>/dev/null || echo enabled")
}

/// The lines that are in force: Puppet keeps one.
fn cron(lab: &Lab) -> Vec<String> {
    let lines = lab.ssh(WEB, "crontab -u www-data -l");
    lines.lines().filter(|line| !line.starts_with('#')).map(str::to_owned).collect()
}

/// The Matomo host. The archive may keep what it took from its upstream.
fn all(lab: &Lab) -> String {
    fingerprint(lab, WEB, "http://localhost/") + &lab.ssh(WEB, "dpkg --audit; cat /etc/matomo/config.ini.php; crontab -u www-data -l") + "\n" + &puppet(lab)
}

#[test]
fn the_upgrade_goes_back_whole_until_the_database_is_upgraded_and_then_to_done() {
    let lab = Lab::of("upgrade");
    let was = all(&lab);

    let desk = Desk::new();
    let missing = lab.walk_with(&desk, &upgrade(&lab, UPGRADE, "3.13.9-1"), "nothing", ANSWERS);
    assert_eq!((missing.status, desk.word().as_str()), (4, "rolled_back"), "{missing:?}");
    assert!(format!("{}{}", missing.out, missing.err).contains("3.13.9-1 is not offered"), "{missing:?}");
    same(&was, &all(&lab), "upstream has not published it");

    let desk = Desk::new();
    let waits = lab.walk_with(&desk, &upgrade(&lab, UPGRADE, "3.13.6-1"), "update", ANSWERS);
    assert_eq!(desk.word(), "waiting", "{waits:?}");
    assert_eq!(version(&lab), "installed 3.13.6-1");
    assert!(page(&lab).ends_with("503"), "{}", page(&lab));
    assert!(puppet(&lab).contains("upgrade matomo to 3.13.6-1"), "{}", puppet(&lab));
    assert_eq!(cron(&lab), [""; 0], "no archiver begins");
    assert!(lab.tries(&["ssh", "apt1001", "reprepro -b /srv/wikimedia list bookworm-wikimedia matomo | grep -q 3.13.6-1"]));
    assert_eq!(desk.runbook(["reject", "last", "update", "--note", "not today"]).status, 0);
    let back = resume(&lab, &desk);
    assert_eq!((back.status, desk.word().as_str()), (4, "rolled_back"), "{back:?}");
    assert_eq!(version(&lab), "installed 3.13.3-1", "though the archive has it no more");
    same(&was, &all(&lab), "refused at the last gate");

    let desk = Desk::new();
    let done = lab.walk_with(&desk, &upgrade(&lab, UPGRADE, "3.13.6-1"), "nothing", ANSWERS);
    assert_eq!((done.status, desk.word().as_str()), (0, "done"), "{done:?}");
    assert_eq!(version(&lab), "installed 3.13.6-1");
    assert!(page(&lab).starts_with("Matomo 3.13.6 ") && page(&lab).ends_with("200"), "{}", page(&lab));
    assert_eq!(lab.ssh(WEB, "mysql -BNe \"select option_value from piwik.matomo_option where option_name = 'version_core'\""), "3.13.6");
    let config = |text: &str| text.lines().filter(|line| line.contains("etc/matomo/config.ini.php") && !line.contains("dpkg-dist")).collect::<String>();
    assert_eq!(config(&all(&lab)), config(&was), "the configuration is what Puppet says, byte for byte");
    assert_eq!(puppet(&lab), "enabled");
    // Puppet has run since, and is asked once more: its job stands there once.
    lab.ssh(WEB, "puppet agent -t >/dev/null || [ $? = 2 ]");
    assert!(cron(&lab).len() == 1 && cron(&lab)[0].contains("core:archive"), "{:?}", cron(&lab));
    let again = lab.runbook(&Desk::new(), &upgrade(&lab, UPGRADE, "3.13.6-1"));
    assert_eq!(again.status, 7, "it is not upgraded to what it is: {again:?}");
}

/// What the newest archive of a day says of site 3.
fn archived(lab: &Lab, day: &str) -> String {
    let table = format!("piwik.matomo_archive_numeric_{}", day[..7].replace('-', "_"));
    lab.ssh(
        WEB,
        &format!("mysql -BNe \"select value from {table} where idsite = 3 and date1 = '{day}' and name = 'nb_visits' order by idarchive desc limit 1\""),
    )
}

fn visit(lab: &Lab, site: u32, at: &str) {
    lab.ssh(WEB, &format!("mysql piwik -e \"insert into matomo_log_visit (idsite, url, visit_last_action_time) values ({site}, '/', {at})\""));
}

#[test]
fn reports_that_missed_visits_are_computed_anew_on_their_days_alone() {
    let lab = Lab::of("upgrade");
    let days = ["2018-02-27", "2018-02-28", "2018-03-01", "2018-03-02"];
    days.iter().for_each(|day| visit(&lab, 3, &format!("'{day} 10:00:00'")));
    lab.ssh(WEB, "sudo -u www-data php /usr/share/matomo/console core:archive");
    days.iter().for_each(|day| visit(&lab, 3, &format!("'{day} 11:00:00'")));
    assert_eq!(days.map(|day| archived(&lab, day)), ["1", "1", "1", "1"], "what came late is missing");

    let desk = Desk::new();
    let args = |first: &str, last: &str, site: &str| run(&lab, INVALIDATE, &[&format!("first={first}"), &format!("last={last}"), site]);
    for (first, last, site, why) in [
        ("2018-03-01", "2018-02-28", "site=3", "the last day is not before the first"),
        ("2018-02-28", "2020-01-01", "site=3", "it is a year at most"),
        ("2999-01-01", "2999-01-02", "site=3", "no day is in the future"),
        ("2018-02-28", "2018-03-01", "site=2", "Matomo knows this website"),
        ("2018-02-26", "2018-03-01", "site=3", "the visits of these days are still there"),
    ] {
        let refused = lab.runbook(&desk, &args(first, last, site));
        assert!(refused.status == 7 && refused.err.contains(why), "{why}: {refused:?}");
    }
    assert_eq!(lab.runbook(&desk, &args("2018-02-30", "2018-03-01", "site=3")).status, 2, "February has no 30th");

    let done = lab.walk(&desk, &args("2018-02-28", "2018-03-01", "site=3"), "nothing");
    assert_eq!((done.status, desk.word().as_str()), (0, "done"), "{done:?}");
    assert_eq!(days.map(|day| archived(&lab, day)), ["1", "2", "2", "1"]);
    assert_eq!(lab.ssh(WEB, "stat -c %U /var/log/matomo/matomo-archive.log"), "www-data", "the cron job can write on");
}

#[test]
fn all_reports_are_run_again_when_the_archiver_that_works_has_ended() {
    let lab = Lab::of("upgrade");
    let desk = Desk::new();
    visit(&lab, 3, "'2018-03-01 10:00:00'");
    visit(&lab, 3, "utc_timestamp()");
    lab.ssh(WEB, "sudo -u www-data php /usr/share/matomo/console core:archive");
    let today = lab.ssh(WEB, "date -u +%F");
    visit(&lab, 3, "utc_timestamp()");
    visit(&lab, 3, "'2018-03-01 11:00:00'");
    // Another one works, and says in the log when it ends.
    lab.ssh(
        WEB,
        "sudo -u www-data bash -c '(exec -a \"php /usr/share/matomo/console core:archive\" sleep 45); echo the other has ended >>/var/log/matomo/matomo-archive.log' >/dev/null 2>&1 &",
    );
    let late = lab.runbook(&desk, &run(&lab, ARCHIVE, &["waits=1s"]));
    assert_eq!((late.status, desk.word().as_str()), (3, "parked"), "{late:?}");
    assert!(format!("{}{}", late.out, late.err).contains("an archiver works"), "{late:?}");
    assert_eq!(cron(&lab), [""; 0], "while it is parked no archiver begins");
    assert_eq!(lab.runbook(&desk, &["end".to_owned(), "last".to_owned()]).status, 0);
    assert_eq!((cron(&lab).len(), puppet(&lab).as_str()), (1, "enabled"), "it is over: all is given back");
    let done = lab.runbook(&desk, &run(&lab, ARCHIVE, &[]));
    assert_eq!((done.status, desk.word().as_str()), (0, "done"), "{done:?}");
    assert_eq!((archived(&lab, &today).as_str(), archived(&lab, "2018-03-01").as_str()), ("2", "1"), "sites with visits in the last day");
    let log = lab.ssh(WEB, "cat /var/log/matomo/matomo-archive.log");
    assert!(log.starts_with("the other has ended\nArchived"), "{log}");
    assert_eq!((cron(&lab).len(), puppet(&lab).as_str()), (1, "enabled"));
}

#[test]
#[ignore = "takes minutes: see docs/developing.md"]
fn the_upgrade_of_wikitech_with_a_fault_at_each_step_ends_as_its_boundary_says() {
    let lab = Lab::of("upgrade");
    let (args, look) = (|file: &str, _: &_| upgrade(&lab, file, "3.13.6-1"), || all(&lab));
    let mut trial = Trial::new(&lab, UPGRADE, &args, &look);
    let ends = behind(UPGRADE, "update");
    (trial.answers, trial.ends) = (ANSWERS, &ends);
    trial.run();
}

#[test]
#[ignore = "takes minutes: see docs/developing.md"]
fn the_upgrade_of_wikitechs_database_is_struck_in_its_middle_each_way_and_ends() {
    let lab = Lab::of("upgrade");
    let mut tally = Tally::new(UPGRADE, "strikes");
    for way in ALL {
        lab.run(&["reset", "all"]);
        let desk = Desk::new();
        assert_eq!(lab.walk_with(&desk, &upgrade(&lab, UPGRADE, "3.13.6-1"), "update", ANSWERS).status, 3);
        lab.ssh(WEB, "echo 8 >/run/lab-pause");
        let long = Long { path: "update@matomo1002", host: WEB, works: "pgrep -f '[c]ore:update --yes'", until: "nothing", answers: ANSWERS };
        let done = strike(&lab, &desk, &past(&desk, "update"), &long, way);
        assert_eq!(desk.word(), "done", "{way:?}: {done:?}");
        assert_eq!(desk.attempts("update@matomo1002"), if way == Strike::Reboot { 2 } else { 1 }, "{way:?}");
        assert!(page(&lab).starts_with("Matomo 3.13.6 ") && page(&lab).ends_with("200"), "{way:?}: {}", page(&lab));
        assert_eq!(puppet(&lab), "enabled");
        tally.ended(long.path, &desk.word());
    }
}

const DAYS: [&str; 2] = ["2018-02-27", "2018-02-28"];

/// Each day of site 3 has two visits, of which its reports know one; site 3 has one of today.
fn late_visits(lab: &Lab) {
    for hour in [10, 11] {
        DAYS.iter().for_each(|day| visit(lab, 3, &format!("'{day} {hour}:00:00'")));
        if hour == 10 {
            lab.ssh(WEB, "sudo -u www-data php /usr/share/matomo/console core:archive");
        }
    }
    visit(lab, 3, "utc_timestamp()");
}

fn invalidate(lab: &Lab, file: &str) -> Vec<String> {
    run(lab, file, &["site=3", &format!("first={}", DAYS[0]), &format!("last={}", DAYS[1])])
}

/// Neither has a boundary, since nothing is lost: what fails waits for a person. Only a no at the gate ends the run.
fn parks(piece: &Piece, _: crate::harness::faults::Fault) -> Option<End> {
    Some(if piece.kind == Kind::Gate { End::Ends } else { End::Parks })
}

#[test]
#[ignore = "takes minutes: see docs/developing.md"]
fn the_new_reports_with_a_fault_at_each_step_park_and_a_no_ends_the_run() {
    let lab = Lab::of("upgrade");
    let look = || {
        if lab.ssh(WEB, "mysql -BN piwik -e 'select count(*) from matomo_log_visit'") == "0" {
            late_visits(&lab);
        }
        all(&lab)
    };
    for (runbook, args) in
        [(INVALIDATE, &(|file: &str, _: &Piece| invalidate(&lab, file)) as &dyn Fn(&str, &Piece) -> _), (ARCHIVE, &|file, _| run(&lab, file, &[]))]
    {
        let mut trial = Trial::new(&lab, runbook, args, &look);
        trial.ends = &parks;
        trial.run();
    }
}

#[test]
#[ignore = "takes minutes: see docs/developing.md"]
fn the_archiver_is_struck_each_way_and_the_reports_are_new_afterwards() {
    let lab = Lab::of("upgrade");
    for (runbook, day) in [(INVALIDATE, DAYS[0].to_owned()), (ARCHIVE, lab.ssh(WEB, "date -u +%F"))] {
        let mut tally = Tally::new(runbook, "strikes");
        for way in AND_FULL {
            lab.run(&["reset", "all"]);
            late_visits(&lab);
            // The database takes its time over each archive.
            let table = format!("matomo_archive_numeric_{}", day[..7].replace('-', "_"));
            lab.ssh(WEB, &format!("sudo -u www-data php /usr/share/matomo/console core:archive; mysql piwik -e 'create trigger slow before insert on {table} for each row do sleep(4)'"));
            visit(&lab, 3, &format!("'{day} 12:00:00'"));
            let visits = lab.ssh(WEB, &format!("mysql -BN piwik -e \"select count(*) from matomo_log_visit where date(visit_last_action_time) = '{day}'\""));
            assert_ne!(archived(&lab, &day), visits, "the reports are old");
            let desk = Desk::new();
            let begin = if runbook == INVALIDATE {
                assert_eq!(lab.walk(&desk, &invalidate(&lab, runbook), "invalidate").status, 3);
                past(&desk, "invalidate")
            } else {
                run(&lab, runbook, &[])
            };
            let long = Long { path: "archive@matomo1002", host: WEB, works: "pgrep -f '[c]ore:archive'", until: "nothing", answers: &[] };
            let done = strike(&lab, &desk, &begin, &long, way);
            assert_eq!(desk.word(), "done", "{way:?}: {done:?}");
            assert!(desk.attempts(long.path) == 1 || !way.spares_the_job(), "{way:?}");
            assert_eq!(archived(&lab, &day), visits, "{way:?}");
            tally.ended(long.path, &desk.word());
        }
    }
}
