//! Actions of the standard library that no procedure of the tree needs in every way: as wanted afterwards, satisfied the
//! second time, and taken back whole.

use std::path::Path;

use crate::harness::desk::Desk;
use crate::harness::fingerprint::{fingerprint, same};
use crate::harness::lab::Lab;

const FILES: &str = r#"
runbook actions.files "Files, each way" {
  owner  "sre"
  source "made for a test"
  param dir: path
  param sum: string
  param fails: bool = false

  boundary all "All or nothing" {
    step key on local { use file.ini_key(path: "{{ dir }}/a.ini", section: "Two", key: "name", value: "new & \"quoted\" \\1") }
    step more on local { use file.ini_key(path: "{{ dir }}/a.ini", section: "One", key: "more", value: "1") }
    step section on local { use file.ini_key(path: "{{ dir }}/a.ini", section: "Three", key: "k", value: "v") }
    step json on local { use file.json_key(path: "{{ dir }}/a.json", key: "A.B", value: "it's \"new\"") }
    step json-new on local { use file.json_key(path: "{{ dir }}/a.json", key: "A.New", value: "1") }
    step copy on local { use file.copied(src: "{{ dir }}/folder", dest: "{{ dir }}/other") }
    step back-up on local { use file.backed_up(path: "{{ dir }}/folder", to: "{{ dir }}/backups/folder") }
    step spoil on local { run `echo spoilt > {{ dir }}/folder/f`; undo none "the backup brings it back" }
    step move on local { use file.moved(path: "{{ dir }}/mine", to: "{{ dir }}/moved") }
    step fetch on local { use file.fetched(from: "file://{{ dir }}/r.tar.gz", to: "{{ dir }}/got/r.tar.gz", sha256: sum) }
    step unpack on local { use file.unpacked(archive: "{{ dir }}/got/r.tar.gz", to: "{{ dir }}/new", owner: operator) }
    step switch on local { use file.switched(path: "{{ dir }}/live", new: "{{ dir }}/new", old: "{{ dir }}/live-1") }
    step last on local { when fails; run `exit 9`; undo none "it did nothing" }
  }
}
"#;

/// A folder as text: names, modes, contents.
fn tree(path: &Path) -> String {
    let look =
        "cd \"$1\" && find . ! -path './backups*' ! -path './got' -printf '%p %m\\n' | sort && find . ! -path './backups*' -type f -exec sha256sum {} + | sort";
    let output = std::process::Command::new("sh").args(["-c", look, "sh"]).arg(path).output().expect("sh runs");
    assert!(output.status.success());
    String::from_utf8_lossy(&output.stdout).into_owned()
}

fn shell(desk: &Desk, command: &str) -> String {
    let output = std::process::Command::new("bash").args(["-euc", command]).current_dir(desk.path("")).output().expect("bash runs");
    assert!(output.status.success(), "{output:?}");
    String::from_utf8_lossy(&output.stdout).trim().to_owned()
}

#[test]
fn files_are_as_wanted_then_left_alone_and_on_the_way_back_as_they_were() {
    let desk = Desk::new();
    let file = desk.file("files.runbook", FILES).display().to_string();
    desk.file("d/a.ini", "; a comment\n[One]\nname = kept\n\n[Two]\nname = old\nother = 1\n");
    desk.file("d/a.json", "{\n    \"A\": {\n        \"B\": \"old\"\n    }\n}\n");
    desk.file("d/folder/f", "a file");
    desk.file("d/other/g", "of before");
    desk.file("d/mine", "mine");
    desk.file("d/live/version", "1");
    desk.file("d/release/version", "2");
    shell(&desk, "chmod 640 d/a.ini; tar -czf d/r.tar.gz -C d release; rm -r d/release");
    let dir = desk.path("d");
    let args = |more: &[&str]| {
        let sum = shell(&desk, "sha256sum <d/r.tar.gz").split(' ').next().unwrap_or_default().to_owned();
        let mut args = vec!["run".to_owned(), file.clone(), "-p".to_owned(), format!("dir={}", dir.display()), "-p".to_owned(), format!("sum={sum}")];
        args.extend(more.iter().map(|word| (*word).to_owned()));
        args
    };
    let was = tree(&dir);
    let back = desk.runbook(args(&["-p", "fails=true"]));
    assert_eq!(back.status, 4, "{back:?}");
    same(&was, &tree(&dir), "rolled back");

    let done = desk.runbook(args(&[]));
    assert_eq!(done.status, 0, "{done:?}");
    let ini = "; a comment\n[One]\nname = kept\n\nmore = 1\n[Two]\nname = new & \"quoted\" \\1\nother = 1\n[Three]\nk = v\n";
    assert_eq!(desk.read("d/a.ini"), ini);
    assert_eq!(shell(&desk, "stat -c %a d/a.ini"), "640");
    assert_eq!(shell(&desk, "jq -c . d/a.json"), r#"{"A":{"B":"it's \"new\"","New":"1"}}"#);
    assert_eq!(desk.read("d/other/f") + &desk.read("d/moved") + &desk.read("d/live/version") + &desk.read("d/live-1/version"), "a filemine21");
    assert_eq!(desk.read("d/backups/folder/f"), "a file");
    assert!(!desk.path("d/other/g").exists(), "what stood there is kept beside it");

    let wrong = desk.runbook(["run", &file, "-p", &format!("dir={}", dir.display()), "-p", "sum=00"]);
    assert_ne!(wrong.status, 0, "what is there already has another checksum: {wrong:?}");
    for step in ["key", "more", "section", "json", "json-new", "move"] {
        assert_eq!(desk.attempts(&format!("{step}@local")), 0, "`{step}` finds all as wanted");
    }
}

const PACKAGES: &str = r#"
runbook actions.packages "A package, held" {
  owner  "sre"
  source "made for a test"
  param to: string
  param fails: bool = false
  target app: host

  boundary all "All or nothing" {
    step install on app { use package.installed(name: "lab-thing", version: to) }
    step hold on app { use package.held(name: "lab-thing") }
    step page on app { use http.contains(url: "http://localhost/blue", text: "team blue") }
    step last on app { when fails; run `exit 9`; undo none "it did nothing" }
  }
}
"#;

/// Two versions of a package in an archive of the host's own; one has a configuration file that somebody edits.
const ARCHIVE: &str = "set -e
    mkdir -p /srv/repo && cd /srv/repo
    for version in 1.0 2.0; do
      mkdir -p w/DEBIAN w/etc && echo \"of $version\" >w/etc/lab-thing.conf && echo /etc/lab-thing.conf >w/DEBIAN/conffiles
      printf 'Package: lab-thing\\nVersion: %s\\nArchitecture: all\\nMaintainer: lab\\nDescription: a thing\\n' $version >w/DEBIAN/control
      dpkg-deb -b w lab-thing_$version.deb >/dev/null
      { dpkg-deb -f lab-thing_$version.deb; echo \"Filename: ./lab-thing_$version.deb\"; echo \"Size: $(stat -c %s lab-thing_$version.deb)\"
        echo \"SHA256: $(sha256sum lab-thing_$version.deb | cut -d' ' -f1)\"; echo; } >>Packages
    done
    rm -r w; echo 'deb [trusted=yes] file:/srv/repo ./' >/etc/apt/sources.list; apt-get update -qq";

#[test]
fn a_package_is_installed_upgraded_over_an_edited_file_and_taken_back_to_what_was_there() {
    let lab = Lab::of("mattermost");
    let desk = Desk::new();
    let host = "mm-new";
    lab.ssh(host, ARCHIVE);
    let file = desk.file("packages.runbook", PACKAGES).display().to_string();
    let run = |more: &[&str]| {
        let args = ["run", &file, "--ssh-config", &lab.file("ssh/config"), "--target", "app=mm-new"].map(str::to_owned);
        lab.runbook(&desk, &args.into_iter().chain(more.iter().map(|word| (*word).to_owned())).collect::<Vec<_>>())
    };
    let look = || fingerprint(&lab, host, "");

    let nothing = look();
    let back = run(&["-p", "to=1.0", "-p", "fails=true"]);
    assert_eq!(back.status, 4, "{back:?}");
    same(&nothing, &look(), "there was none");

    assert_eq!(run(&["-p", "to=1.0"]).status, 0);
    assert_eq!(lab.ssh(host, "dpkg-query -W -f '${Version}' lab-thing; apt-mark showhold"), "1.0lab-thing");
    lab.ssh(host, "apt-mark unhold lab-thing; echo edited >/etc/lab-thing.conf");
    let first = look();
    let back = run(&["-p", "to=2.0", "-p", "fails=true"]);
    assert_eq!(back.status, 4, "{back:?}");
    // apt keeps beside an edited file what the package would have brought.
    lab.ssh(host, "rm -f /etc/lab-thing.conf.dpkg-*");
    same(&first, &look(), "the first version is back, and not held");

    assert_eq!(run(&["-p", "to=2.0"]).status, 0);
    assert_eq!(lab.ssh(host, "dpkg-query -W -f '${Version}' lab-thing; apt-mark showhold; cat /etc/lab-thing.conf"), "2.0lab-thing\nedited");
    assert_eq!(run(&["-p", "to=2.0"]).status, 0);
    assert_eq!(desk.attempts("install@mm-new") + desk.attempts("hold@mm-new"), 0, "all is as wanted");
}

const LOGS: &str = r#"
runbook actions.logs "A slice of logs" {
  owner  "sre"
  source "made for a test"
  param dir: path
  param from: datetime
  param kept: duration = 13d
  step kept on local { use log.kept(rotation: "{{ dir }}/rotation", longer_than: kept) }
  step slice on local {
    use log.sliced(log: "{{ dir }}/access.log", from: from, until: "2026-03-02T00:00:00Z", to: "{{ dir }}/slice", only: "matomo[.]php[?]")
  }
}
"#;

#[test]
fn a_slice_of_rotated_logs_is_in_the_order_of_time_and_one_that_lacks_its_beginning_is_told() {
    let desk = Desk::new();
    let file = desk.file("logs.runbook", LOGS).display().to_string();
    let dir = format!("dir={}", desk.path("d").display());
    let line = |at: &str, url: &str| format!("10.0.0.1 - - [{at}] \"GET {url} HTTP/1.1\" 204 0 \"-\" \"A browser\"\n");
    let hit = |at: &str, name: &str| line(at, &format!("/matomo.php?url={name}"));
    desk.file("d/rotation", "/var/log/x/*.log {\n\tdaily\n\trotate 14\n}\n");
    desk.file("d/access.log.3", hit("27/Feb/2026:10:00:00 +0000", "old"));
    desk.file("d/access.log.2", hit("28/Feb/2026:23:59:59 +0000", "before") + &hit("01/Mar/2026:01:00:00 +0100", "a"));
    desk.file("d/access.log.1", hit("01/Mar/2026:12:00:00 +0000", "c") + &hit("01/Mar/2026:06:00:00 -0500", "b") + "no line of a log\n");
    let last = hit("02/Mar/2026:00:00:00 +0000", "d") + &hit("02/Mar/2026:00:00:01 +0000", "late") + &line("01/Mar/2026:13:00:00 +0000", "/");
    desk.file("d/access.log", last);
    desk.file("d/access.log.old.txt", hit("01/Mar/2026:13:00:00 +0000", "not one of them"));
    shell(&desk, "cd d; gzip access.log.3 access.log.2; touch -d 2026-02-27T12:00Z access.log.3.gz");
    let run = |from: &str, more: &[&str]| desk.runbook(["run", &file, "-p", &dir, "-p", &format!("from={from}")].iter().chain(more));
    let slice = || desk.read("d/slice").lines().filter_map(|l| l.split("url=").nth(1)?.split(' ').next()).collect::<Vec<_>>().join(" ");

    let done = run("2026-03-01T00:00:00Z", &[]);
    assert_eq!((done.status, slice().as_str()), (0, "a b c d"), "{done:?}");
    // The file in front of it was last written before: that will do.
    shell(&desk, "cd d; zcat access.log.2.gz | tail -n 1 | gzip >x; mv x access.log.2.gz");
    assert_eq!(run("2026-03-01T00:00:00Z", &[]).status, 0);
    shell(&desk, "rm d/access.log.3.gz");
    let short = run("2026-03-01T00:00:00Z", &[]);
    assert_eq!((short.status, slice().as_str()), (3, "a b c d"), "{short:?}");
    assert!(short.err.contains("do not reach back to 2026-03-01T00:00:00Z"), "{}", short.err);

    let soon = run("2026-03-01T00:00:00Z", &["-p", "kept=14d"]);
    assert!(soon.status == 3 && soon.err.contains("logs are kept for 1209600 seconds"), "{soon:?}");
    desk.file("d/rotation", "size 100M\nrotate 99\n");
    let size = run("2026-03-01T00:00:00Z", &[]);
    assert!(size.status == 3 && size.err.contains("nobody can say"), "{size:?}");
}

const UPGRADES: &str = r#"
runbook actions.upgrades "The newest of a package, when apt is free" {
  owner  "sre"
  source "made for a test"
  param waits: duration = 1m
  param fails: bool = false
  target app: host

  boundary all "All or nothing" {
    step free on app { use package.unlocked(within: waits) }
    step listed on app { use package.listed(name: "lab-thing", version: "2.0") }
    step keep on app { use package.kept(name: "lab-thing", to: "/var/backups/thing/old.deb") }
    step upgrade on app { use package.upgraded(name: "lab-thing") }
    step memory on app { use host.has_memory(size: 1MB) }
    step last on app { when fails; run `exit 9`; undo none "it did nothing" }
  }
}
"#;

#[test]
fn apt_is_waited_for_and_a_package_is_upgraded_to_the_newest_and_taken_back() {
    let lab = Lab::of("mattermost");
    let desk = Desk::new();
    let host = "mm-new";
    // The second version comes into the archive after the lists were read.
    lab.ssh(
        host,
        &format!("{ARCHIVE}; mv Packages all; awk -v RS= 'NR == 1' all >Packages; apt-get update -qq; apt-get install -qq -y lab-thing; mv all Packages"),
    );
    let file = desk.file("upgrades.runbook", UPGRADES).display().to_string();
    let run = |more: &[&str]| {
        let args = ["run", &file, "--ssh-config", &lab.file("ssh/config"), "--target", "app=mm-new"].map(str::to_owned);
        lab.runbook(&desk, &args.into_iter().chain(more.iter().map(|word| (*word).to_owned())).collect::<Vec<_>>())
    };
    let look = || fingerprint(&lab, host, "");
    let version = || lab.ssh(host, "dpkg-query -W -f '${Version}' lab-thing");
    assert_eq!(version(), "1.0");
    let was = look();

    // As dpkg takes it, by a program that says when it gives it back.
    lab.ssh(
        host,
        "(python3 -c 'import fcntl, time; f = open(\"/var/lib/dpkg/lock-frontend\", \"w\"); fcntl.lockf(f, fcntl.LOCK_EX); time.sleep(8)'; touch /run/given-back) >/dev/null 2>&1 &",
    );
    let busy = run(&["-p", "waits=1s"]);
    assert_eq!(busy.status, 4, "{busy:?}");
    assert!(busy.err.contains("/var/lib/dpkg/lock-frontend is held by process") && busy.err.contains("python3"), "{busy:?}");
    let back = run(&["-p", "fails=true"]);
    assert_eq!(back.status, 4, "{back:?}");
    assert_eq!(lab.ssh(host, "ls /run/given-back"), "/run/given-back", "it was waited for");
    same(&was, &look(), "the first version is back");

    assert_eq!(run(&[]).status, 0);
    assert_eq!(version(), "2.0");
    assert_eq!(lab.ssh(host, "dpkg-deb -f /var/backups/thing/old.deb Version"), "1.0");
    assert_eq!(desk.attempts("listed@mm-new") + desk.attempts("keep@mm-new"), 0, "the lists and the file are as wanted since the run before");
}

const IN_THE_WAY: &str = r#"
runbook actions.in-the-way "What is there already" {
  owner  "sre"
  source "made for a test"
  param dir: path
  param sum: string
  boundary all "All or nothing" {
    step fetch on local { use file.fetched(from: "{{ dir }}/source", to: "{{ dir }}/fetched", sha256: sum) }
    step move on local { use file.moved(path: "{{ dir }}/mine", to: "{{ dir }}/theirs") }
  }
}
"#;

#[test]
fn a_file_in_the_way_is_not_lost() {
    let desk = Desk::new();
    let file = desk.file("way.runbook", IN_THE_WAY).display().to_string();
    for name in ["source", "fetched", "mine", "theirs"] {
        desk.file(&format!("d/{name}"), name);
    }
    let sum = shell(&desk, "sha256sum <d/source | cut -d' ' -f1");
    let ran = desk.runbook(["run", &file, "-p", &format!("dir={}", desk.path("d").display()), "-p", &format!("sum={sum}")]);
    assert!(ran.status == 4 && ran.err.contains("theirs is in the way"), "{ran:?}");
    assert_eq!(desk.stage("fetch@local"), "undone");
    assert_eq!(shell(&desk, "cd d; ls; cat fetched mine theirs"), "fetched\nmine\nsource\ntheirs\nfetchedminetheirs");
}

/// A plain user may not look, and that is no answer.
#[test]
fn a_lock_or_a_crontab_that_can_not_be_looked_at_is_an_error() {
    let desk = Desk::new();
    for (action, says) in
        [("cron.user_paused(user: \"root\")", "must be privileged"), ("package.unlocked(within: 1s)", "/var/lib/dpkg/lock-frontend: Permission denied")]
    {
        if action.starts_with("cron") && !std::path::Path::new("/usr/bin/crontab").exists() {
            continue;
        }
        let file = desk.file("a.runbook", format!("runbook a {{\n step s on local {{\n as \"nobody\"\n use {action}\n }}\n}}\n")).display().to_string();
        let ran = desk.runbook(["run", &file]);
        assert!(ran.status == 3 && ran.err.contains(says), "{action}: {ran:?}");
        assert_eq!(desk.attempts("s@local"), 0, "{action}");
    }
}
