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
