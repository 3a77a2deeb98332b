//! The restart of a wiki, and of its web hosts one after the other, on real hosts: MediaWiki on Apache and php-fpm, MariaDB
//! on another host, HAProxy in front, a timer that runs the jobs. Nothing here is a stand-in.

use std::process::{Child, Stdio};

use crate::harness::desk::{Desk, Ran, until};
use crate::harness::faults::{Fault, Kind, Piece, broken};
use crate::harness::fingerprint::{fingerprint, same};
use crate::harness::lab::Lab;
use crate::harness::struck::{ALL, Long, strike};
use crate::harness::tally::Tally;
use crate::harness::trial::{End, Trial};

const RESTART: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../runbooks/wikitech/wiki-restart.runbook");
const HOSTS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../runbooks/wikitech/wiki-hosts.runbook");
const WEB: [&str; 2] = ["wiki-web1", "wiki-web2"];
const MAINTENANCE: &str = "cd /usr/share/mediawiki && sudo -n -u www-data php maintenance";

fn args(lab: &Lab, file: &str, more: &[&str]) -> Vec<String> {
    let config = lab.file("ssh/config");
    let all = ["run", file, "--ssh-config", &config, "--target", "web=wiki-web1,wiki-web2"];
    all.iter().chain(more).map(|word| (*word).to_owned()).collect()
}

fn restart(lab: &Lab, file: &str, more: &[&str]) -> Vec<String> {
    args(lab, file, &[&["--target", "db=wiki-db", "-p", "site=http://wiki-lb/mediawiki"], more].concat())
}

fn hosts(lab: &Lab, file: &str, more: &[&str]) -> Vec<String> {
    args(lab, file, &[&["--target", "balancer=wiki-lb"], more].concat())
}

fn resume(lab: &Lab, desk: &Desk) -> Ran {
    lab.runbook(desk, &["resume".to_owned(), "last".to_owned()])
}

/// What the wiki says through the balancer, by its API.
fn api(lab: &Lab, query: &str, pick: &str) -> String {
    lab.exec(&["bash", "-c", &format!("curl -sf 'http://wiki-lb/mediawiki/api.php?format=json&formatversion=2&{query}' | jq -r '{pick}'")])
}

fn read_only(lab: &Lab) -> String {
    api(lab, "action=query&meta=siteinfo", ".query.general.readonlyreason // \"\"")
}

/// Saves a page as a user does, and gives what the wiki says of it.
fn edit(lab: &Lab, text: &str) -> String {
    let save = format!(
        "jar=$(mktemp); ask() {{ curl -sf -b $jar -c $jar -d format=json -d formatversion=2 \"$@\" http://wiki-lb/mediawiki/api.php; }}
        token=$(ask -d action=query -d meta=tokens -d type=login | jq -r .query.tokens.logintoken)
        ask -d action=login --data-urlencode lgtoken=\"$token\" -K /etc/runbook/wiki-editor.curl >/dev/null
        token=$(ask -d action=query -d meta=tokens | jq -r .query.tokens.csrftoken)
        ask -d action=edit --data-urlencode token=\"$token\" -d title=Test -d 'text={text}' | jq -r '.edit.result // .error.code'; rm $jar"
    );
    lab.ssh(WEB[1], &save)
}

/// Jobs that do nothing but take their time.
fn queue(lab: &Lab, jobs: u32, milliseconds: u32) {
    let push = format!(
        "for ( $i = 0; $i < {jobs}; $i++ ) {{ MediaWiki\\MediaWikiServices::getInstance()->getJobQueueGroup()->push( Job::factory( 'null', [ 'lives' => 1, 'usleep' => {milliseconds}000 ] ) ); }}"
    );
    lab.ssh(WEB[0], &format!("{MAINTENANCE}/eval.php <<'PHP'\n{push}\nPHP"));
}

fn queued(lab: &Lab) -> u32 {
    lab.ssh(WEB[0], &format!("{MAINTENANCE}/showJobs.php")).parse().expect("a number of jobs")
}

/// What a restart leaves as it was: files and units of all four hosts, and what HAProxy thinks of its servers.
fn all(lab: &Lab) -> String {
    let units =
        |host: &str, units: &str| lab.ssh(host, &format!("for u in {units}; do echo {host} $u $(systemctl is-active $u) $(systemctl is-enabled $u); done"));
    let web = WEB.map(|host| fingerprint(lab, host, "") + &units(host, "php8.2-fpm apache2")).concat();
    web + &units(WEB[0], "mediawiki-jobs.timer") + &units("wiki-db", "mariadb") + &pool(lab)
}

fn pool(lab: &Lab) -> String {
    lab.ssh("wiki-lb", "echo 'show servers state wiki' | socat stdio /run/haproxy/admin.sock | awk '/ wiki / { print $4, $6, $7 }'")
}

const BOTH_SERVE: &str = "wiki-web1 2 0\nwiki-web2 2 0";

/// Pages and edits and jobs: all that a user would notice.
fn is_well(lab: &Lab, word: &str) {
    assert_eq!(read_only(lab), "", "{word}");
    assert_eq!(edit(lab, word), "Success", "{word}");
    queue(lab, 1, 0);
    until("a job is taken", || queued(lab) == 0);
}

/// Since when a unit runs, by the clock that all hosts of a machine share.
fn since(lab: &Lab, host: &str, unit: &str) -> u64 {
    lab.ssh(host, &format!("systemctl show -p ActiveEnterTimestampMonotonic --value {unit}")).parse().expect("microseconds")
}

/// Somebody who reads the wiki all the time, through the balancer.
struct Reader<'a> {
    desk: &'a Desk,
    process: Child,
}

impl<'a> Reader<'a> {
    fn new(lab: &Lab, desk: &'a Desk) -> Self {
        let (answers, stop) = (desk.path("answers"), desk.path("stop"));
        let ask = format!(
            "until [ -e {} ]; do curl -s -o /dev/null -m 20 -w '%{{http_code}}\\n' 'http://wiki-lb/mediawiki/index.php?title=Main_Page'; sleep 0.1; done >{}",
            stop.display(),
            answers.display()
        );
        let process = lab.command().args(["exec", "bash", "-c", &ask]).stdout(Stdio::null()).stderr(Stdio::null()).spawn().expect("a reader");
        until("the reader reads", || desk.read("answers").contains("200"));
        Self { desk, process }
    }

    /// How many pages came so far; every one must have come.
    fn reads_on(&self) -> usize {
        let answers = self.desk.read("answers");
        let lines = answers.lines().filter(|line| line.len() == 3);
        let wrong: Vec<&str> = lines.clone().filter(|line| *line != "200").collect();
        assert!(wrong.is_empty(), "of {} requests these failed: {wrong:?}", lines.count());
        lines.count()
    }
}

impl Drop for Reader<'_> {
    fn drop(&mut self) {
        self.desk.file("stop", "");
        // It ends by itself: at most one page later.
        let _ = self.process.wait();
    }
}

#[test]
fn the_wiki_restarts_behind_read_only_with_its_queue_empty_and_after_a_failure_it_is_as_it_was() {
    let lab = Lab::of("wiki");
    let was = all(&lab);

    // The queue can't be worked off: all is taken back.
    let desk = Desk::new();
    let failed = lab.runbook(&desk, &restart(&lab, RESTART, &["-p", "user=nobody-of-this-name"]));
    assert_eq!((failed.status, desk.word().as_str()), (4, "rolled_back"), "{failed:?}");
    same(&was, &all(&lab), "the queue could not be worked off");
    // Everything has restarted, and then something is wrong with the database.
    let desk = Desk::new();
    let text = std::fs::read_to_string(RESTART).expect("the runbook");
    let file = desk.file("faulty.runbook", broken(&text, &Piece { kind: Kind::Step, id: "restart-database".to_owned() }, Fault::After)).display().to_string();
    let failed = lab.runbook(&desk, &restart(&lab, &file, &[]));
    assert_eq!((failed.status, desk.word().as_str()), (4, "rolled_back"), "{failed:?}");
    same(&was, &all(&lab), "the database is not well");
    is_well(&lab, "after the failures");

    // To the end, with jobs in the queue: the timer's run takes ten of them.
    let desk = Desk::new();
    let before = since(&lab, "wiki-db", "mariadb");
    queue(&lab, 30, 100);
    let told = restart(&lab, RESTART, &["-p", "reason=It's back \"soon\" \\ in a moment"]);
    let engine = lab.runbook_command(&desk, &told).spawn().expect("the binary runs");
    until("the wiki is read-only", || read_only(&lab) == "It's back \"soon\" \\ in a moment");
    assert_eq!(edit(&lab, "meanwhile"), "readonly");
    let ended = engine.wait_with_output().expect("it ends");
    assert_eq!((ended.status.code(), desk.word().as_str()), (Some(0), "done"), "{ended:?}");
    let watched = desk.runbook(["log", "last", "drain-queue"]).out;
    assert!(watched.contains("jobs are left"), "the queue was watched: {watched}");
    let order = [since(&lab, WEB[0], "php8.2-fpm"), since(&lab, WEB[0], "apache2"), since(&lab, WEB[1], "php8.2-fpm"), since(&lab, WEB[1], "apache2")];
    assert!(before < order[0] && order.is_sorted() && order[3] < since(&lab, "wiki-db", "mariadb"), "{order:?}");
    assert!(api(&lab, "action=parse&prop=wikitext&page=Project:Restarts", ".parse.wikitext").starts_with("Restarted, run "));
    same(&was, &all(&lab), "restarted");
    is_well(&lab, "restarted");

    // Somebody else's read-only is theirs.
    lab.ssh(WEB[1], "echo '$wgReadOnly = \"somebody works here\";' >>/etc/mediawiki/LocalSettings.php");
    until("it is read-only there", || {
        lab.ssh(WEB[1], "curl -s 'http://localhost/mediawiki/api.php?action=query&meta=siteinfo&format=json'").contains("somebody works")
    });
    let refused = lab.runbook(&Desk::new(), &restart(&lab, RESTART, &[]));
    assert_eq!(refused.status, 7, "{refused:?}");
}

#[test]
fn the_web_hosts_reboot_one_after_the_other_without_a_failed_request_and_one_that_stays_away_stops_it() {
    let lab = Lab::of("wiki");
    let desk = Desk::new();
    let reader = Reader::new(&lab, &desk);
    let boot = |host: &str| lab.ssh(host, "cat /proc/sys/kernel/random/boot_id");
    let boots = WEB.map(boot);
    let done = lab.runbook(&desk, &hosts(&lab, HOSTS, &["-p", "how=reboot"]));
    assert_eq!((done.status, desk.word().as_str()), (0, "done"), "{done:?}");
    assert!(WEB.map(boot).iter().zip(&boots).all(|(is, was)| is != was), "both have rebooted");
    assert_eq!(pool(&lab), BOTH_SERVE);
    assert!(reader.reads_on() > 20);

    // The first host goes down, and its line with it.
    let engine = lab.runbook_command(&desk, &hosts(&lab, HOSTS, &["-p", "how=reboot", "-p", "back=5s"])).spawn().expect("the binary runs");
    until("the host goes down", || {
        desk.runbook(["show", "last"]).status == 0 && desk.stage("reboot[wiki-web1]@wiki-web1") == "running" && !lab.tries(&["ssh", WEB[0], "true"])
    });
    lab.run(&["cut", WEB[0]]);
    let stopped = engine.wait_with_output().expect("it ends");
    assert_eq!((stopped.status.code(), desk.word().as_str()), (Some(3), "parked"), "{stopped:?}");
    assert_eq!(desk.attempts("reboot[wiki-web2]@wiki-web2"), 0, "the other host is let alone");
    let left = pool(&lab);
    assert!(left.contains(" 8\n") && left.ends_with("wiki-web2 2 0"), "the host that is away stays out: {left}");
    let pages = reader.reads_on();
    until("the other host serves", || reader.reads_on() > pages + 5);

    // A person has mended it.
    lab.run(&["heal", WEB[0]]);
    lab.run(&["wait", WEB[0]]);
    let done = resume(&lab, &desk);
    assert_eq!((done.status, desk.word().as_str()), (0, "done"), "{done:?}");
    assert_eq!(pool(&lab), BOTH_SERVE);
    reader.reads_on();
    is_well(&lab, "rebooted");

    // With one host out already, none is taken out.
    lab.ssh("wiki-lb", "echo 'set server wiki/wiki-web2 state maint' | socat stdio /run/haproxy/admin.sock");
    let refused = lab.runbook(&desk, &hosts(&lab, HOSTS, &[]));
    assert_eq!((refused.status, desk.word().as_str()), (4, "rolled_back"), "{refused:?}");
    assert!(pool(&lab).starts_with("wiki-web1 2 0"), "it serves on: {}", pool(&lab));
    reader.reads_on();
}

/// Hosts that are as they were, and a wiki that is of use.
fn all_well(lab: &Lab) -> String {
    let all = all(lab);
    is_well(lab, "after a fault");
    all
}

#[test]
#[ignore = "takes minutes: see docs/developing.md"]
fn the_wiki_restart_is_struck_each_way_while_the_queue_is_worked_off_and_the_wiki_is_well_afterwards() {
    let lab = Lab::of("wiki");
    let mut tally = Tally::new(RESTART, "strikes");
    for way in ALL {
        lab.run(&["reset", "all"]);
        let (was, desk) = (all(&lab), Desk::new());
        queue(&lab, 60, 200);
        let long = Long { path: "drain-queue@wiki-web1", host: "wiki-web1", works: "pgrep -f '[r]unJobs'", until: "nothing", answers: &[] };
        let ran = strike(&lab, &desk, &restart(&lab, RESTART, &[]), &long, way);
        match way {
            _ if way.spares_the_job() => {
                assert_eq!(desk.word(), "done", "{way:?}: {ran:?}");
                assert_eq!(desk.attempts("drain-queue@wiki-web1"), 1, "{way:?}: its job went on without us");
            }
            // What became of it can be told by its own guards, or the boundary takes it back.
            _ => assert!(["done", "rolled_back"].contains(&desk.word().as_str()), "{ran:?}"),
        }
        same(&was, &all(&lab), &format!("{way:?}"));
        is_well(&lab, &format!("{way:?}"));
        tally.ended(long.path, &desk.word());
    }
}

#[test]
#[ignore = "takes minutes: see docs/developing.md"]
fn the_reboot_of_the_wikis_hosts_is_struck_each_way_while_a_job_ends_and_both_hosts_serve_afterwards() {
    let lab = Lab::of("wiki");
    let mut tally = Tally::new(HOSTS, "strikes");
    for way in ALL {
        lab.run(&["reset", "all"]);
        let (was, desk) = (all(&lab), Desk::new());
        // A host that restarts starts its timer again; for that a quarter of an hour is waited in vain.
        let file = desk.file("shorter.runbook", std::fs::read_to_string(HOSTS).expect("the runbook").replace("within: 15m", "within: 1m"));
        queue(&lab, 10, 2000);
        let works = "[ \"$(systemctl is-active mediawiki-jobs.service)\" = activating ]";
        until("jobs are run", || lab.tries(&["ssh", WEB[0], works]));
        let works = format!("{works} && ! systemctl is-active -q mediawiki-jobs.timer");
        let long = Long { path: "let-jobs-end[wiki-web1]@wiki-web1", host: WEB[0], works: &works, until: "nothing", answers: &[] };
        let ran = strike(&lab, &desk, &hosts(&lab, &file.display().to_string(), &["-p", "how=reboot"]), &long, way);
        if way.spares_the_job() {
            assert_eq!((desk.word().as_str(), desk.attempts(long.path)), ("done", 1), "{way:?}: {ran:?}");
        } else {
            assert!(["done", "rolled_back"].contains(&desk.word().as_str()), "{way:?}: {ran:?}");
        }
        same(&was, &all(&lab), &format!("{way:?}"));
        is_well(&lab, &format!("{way:?}"));
        tally.ended(long.path, &desk.word());
    }
}

#[test]
#[ignore = "takes minutes: see docs/developing.md"]
fn the_wiki_restart_with_a_fault_at_each_step_ends_as_its_boundary_says() {
    let lab = Lab::of("wiki");
    let (args, look) = (|file: &str, _: &Piece| restart(&lab, file, &[]), || all_well(&lab));
    Trial::new(&lab, RESTART, &args, &look).run();
}

#[test]
#[ignore = "takes minutes: see docs/developing.md"]
fn the_wiki_hosts_with_a_fault_at_each_step_end_as_their_boundaries_say() {
    let lab = Lab::of("wiki");
    for how in ["how=restart", "how=reboot"] {
        let (args, look) = (|file: &str, _: &Piece| hosts(&lab, file, &["-p", how]), || all_well(&lab));
        let mut trial = Trial::new(&lab, HOSTS, &args, &look);
        let ends = |piece: &Piece, _| match (how, piece.id.as_str()) {
            ("how=restart", "let-jobs-end" | "reboot") | ("how=reboot", "restart-php" | "restart-apache") => None,
            (_, "let-jobs-end") => Some(End::Back),
            _ => Some(End::ParksAndBack),
        };
        let parked = |what: &str| {
            assert!(pool(&lab).lines().any(|line| line.starts_with("wiki-web1") && line.ends_with(" 8")), "{what}: the host stays out of the balancer");
        };
        (trial.ends, trial.parked) = (&ends, &parked);
        trial.run();
    }
}
