//! Files that cross: uploads and downloads, here and over ssh, interrupted and refused.

use std::fs;
use std::os::unix::fs::{MetadataExt, PermissionsExt, symlink};
use std::path::{Path, PathBuf};

use crate::harness::desk::{Desk, Ran, until};
use crate::harness::sshd::Sshd;

/// Bytes that no two blocks have alike.
fn content(bytes: usize) -> Vec<u8> {
    let mut state = 0x9e37_79b9_7f4a_7c15_u64;
    let mut out = Vec::with_capacity(bytes + 8);
    while out.len() < bytes {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        out.extend_from_slice(&state.to_le_bytes());
    }
    out.truncate(bytes);
    out
}

/// A runbook of one step that uploads `a.bin` to `to`.
fn upload(to: &Path, more: &str) -> String {
    format!(
        "runbook up.one \"One file\" {{\n  target there: host = local\n  step put on there {{\n    upload \"a.bin\" to \"{}\"\n{more}\n  }}\n}}\n",
        to.display()
    )
}

fn run(desk: &Desk, file: &Path, more: &[&str]) -> Ran {
    desk.runbook(["run".as_ref(), file.as_os_str()].into_iter().chain(more.iter().map(std::ffi::OsStr::new)))
}

/// What is beside the file that nobody put there.
fn leftovers(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).expect("a folder").flatten().map(|e| e.file_name().to_string_lossy().into_owned());
    entries.filter(|name| name.starts_with(".runbook")).collect()
}

const NATIVE: &str = r#"runbook up.site "Put a site in place" {
  param release: string = "2.0"
  param root: path
  target there: host = local

  boundary site {
    step conf on there {
      upload "files/{{ release }}.conf" to "{{ root }}/{{ release }}/site.conf"
      undo   `rm -f {{ root }}/{{ release }}/site.conf`
    }
    step hook on there {
      cwd    "{{ root }}"
      upload "files/hook" to "hook"
      undo none "a test"
    }
  }
}
"#;

const YAML: &str = r#"runbook: up.site
title: Put a site in place
params:
  release: {type: string, default: "2.0"}
  root: path
targets:
  there: {type: host, is: local}
steps:
  - boundary: site
    steps:
      - step: conf
        on: there
        upload: {src: "files/{{ release }}.conf", to: "{{ root }}/{{ release }}/site.conf"}
        undo: rm -f {{ root }}/{{ release }}/site.conf
      - step: hook
        on: there
        cwd: "{{ root }}"
        upload: {src: files/hook, to: hook}
        undo: {none: a test}
"#;

fn both_spellings(more: &[&str]) {
    for (name, text) in [("site.runbook", NATIVE), ("site.runbook.yaml", YAML)] {
        let desk = Desk::new();
        let file = desk.file(name, text);
        desk.file("files/2.0.conf", "é\0binary\n");
        desk.file("files/hook", "#!/bin/sh\n");
        fs::set_permissions(desk.path("files/hook"), fs::Permissions::from_mode(0o755)).expect("chmod");
        let root = desk.path("root");
        fs::create_dir_all(root.join("2.0")).expect("a folder");
        let root_arg = format!("root={}", root.display());
        let args: Vec<&str> = ["-p", &root_arg].into_iter().chain(more.iter().copied()).collect();
        let ran = run(&desk, &file, &args);
        assert_eq!(ran.status, 0, "{name}: {ran:?}");
        assert_eq!(fs::read(root.join("2.0/site.conf")).expect("there"), "é\0binary\n".as_bytes(), "{name}");
        assert_eq!(fs::metadata(root.join("2.0/site.conf")).expect("there").mode() & 0o111, 0, "{name}");
        assert_eq!(fs::metadata(root.join("hook")).expect("there").mode() & 0o100, 0o100, "{name}: it could be run here");
        assert_eq!([leftovers(&root), leftovers(&root.join("2.0"))], [Vec::<String>::new(), Vec::new()], "{name}");
        assert!(fs::read_dir(desk.state().join("files")).is_ok_and(|mut left| left.next().is_none()), "{name}: nothing is carried any more");
        assert_eq!(desk.runbook(["verify", "last"]).status, 0, "{name}");
        let again = run(&desk, &file, &args);
        assert!(again.status == 0 && again.err.contains("2 already as wanted"), "{name}: {again:?}");
    }
}

#[test]
fn an_upload_arrives_whole_and_is_satisfied_the_second_time_locally() {
    both_spellings(&[]);
}

#[test]
fn an_upload_arrives_whole_and_is_satisfied_the_second_time_over_ssh() {
    let sshd = Sshd::start(&["box"]);
    let config = sshd.config().to_string_lossy().into_owned();
    both_spellings(&["--ssh-config", &config, "--target", "there=box"]);
}

#[test]
fn the_plan_names_the_content_and_both_spellings_have_one_hash() {
    let desk = Desk::new();
    desk.file("files/2.0.conf", "one");
    desk.file("files/hook", "two");
    let plan = |name: &str, text: &str| {
        let file = desk.file(name, text);
        let ran = desk.runbook(["plan".as_ref(), file.as_os_str(), "-p".as_ref(), "root=/srv".as_ref(), "--format".as_ref(), "json".as_ref()]);
        assert_eq!(ran.status, 0, "{ran:?}");
        serde_json::from_str::<serde_json::Value>(&ran.out).expect("JSON")
    };
    let (native, yaml) = (plan("site.runbook", NATIVE), plan("site.runbook.yaml", YAML));
    assert_eq!(native["hash"], yaml["hash"]);
    let command = native["nodes"][0]["command"].as_str().expect("a command");
    assert_eq!(command, "upload files/2.0.conf to /srv/2.0/site.conf   (3B, sha256 7692c3ad3540)");
    desk.file("files/2.0.conf", "another");
    assert_ne!(plan("site.runbook", NATIVE)["hash"], native["hash"], "the plan is about this content");
}

#[test]
fn what_is_there_keeps_its_mode_and_its_owner_and_another_user_puts_it_in_place() {
    let desk = Desk::new();
    desk.file("a.bin", "new");
    // Other users must be able to come there.
    let open = tempfile::tempdir().expect("a folder");
    fs::set_permissions(open.path(), fs::Permissions::from_mode(0o777)).expect("chmod");
    let to = open.path().join("a");
    let ran = run(&desk, &desk.file("as.runbook", upload(&to, "    as \"nobody\"")), &[]);
    assert_eq!(ran.status, 0, "{ran:?}");
    let nobody = fs::metadata(&to).expect("there").uid();
    assert_ne!(nobody, fs::metadata(open.path()).expect("there").uid());
    // Root writes over it: it stays nobody's, and as private as it was.
    fs::set_permissions(&to, fs::Permissions::from_mode(0o640)).expect("chmod");
    desk.file("a.bin", "newer");
    let ran = run(&desk, &desk.file("root.runbook", upload(&to, "")), &[]);
    assert_eq!(ran.status, 0, "{ran:?}");
    let there = fs::metadata(&to).expect("there");
    assert_eq!((there.uid(), there.mode() & 0o777, fs::read(&to).expect("there")), (nobody, 0o640, b"newer".to_vec()));
    // A file of root's does not come to belong to nobody.
    let roots = open.path().join("roots");
    fs::write(&roots, "old").expect("a file");
    let ran = run(&desk, &desk.file("wrong.runbook", upload(&roots, "    as \"nobody\"")), &[]);
    assert!(ran.status == 3 && ran.err.contains("would come to belong to nobody"), "{ran:?}");
    assert_eq!((fs::read(&roots).expect("there"), leftovers(open.path())), (b"old".to_vec(), Vec::new()));
}

#[test]
fn a_place_that_can_not_be_filled_is_said_so_and_nothing_is_moved() {
    let desk = Desk::new();
    desk.file("a.bin", content(300_000));
    let place = desk.path("place");
    fs::create_dir_all(place.join("folder")).expect("a folder");
    fs::write(place.join("file"), "old").expect("a file");
    symlink("file", place.join("link")).expect("a link");
    let full = place.join("full");
    fs::create_dir(&full).expect("a folder");
    let mount = |args: &[&str]| std::process::Command::new(args[0]).args(&args[1..]).status().expect("it runs").success();
    assert!(mount(&["mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", &full.display().to_string()]));
    fs::write(full.join("old"), "old").expect("a file");
    let wrong: [(&str, &str, &str); 6] = [
        ("folder", "is a folder", ""),
        ("link", "is a symbolic link to file", ""),
        ("nowhere/x", "there is no folder", ""),
        ("full/old", "is the disk full?", ""),
        ("/proc/x", "can't write into /proc", "    as \"nobody\""),
        ("/dev/null", "is no regular file", ""),
    ];
    let said: Vec<(String, Ran)> =
        wrong.iter().map(|(name, words, more)| ((*words).to_owned(), run(&desk, &desk.file("wrong.runbook", upload(&place.join(name), more)), &[]))).collect();
    let old = fs::read(full.join("old"));
    let left = leftovers(&full);
    assert!(mount(&["umount", &full.display().to_string()]));
    for (words, ran) in said {
        assert!(ran.status == 3 && ran.err.contains(&words), "{words}: {ran:?}");
    }
    assert_eq!((old.expect("there"), left), (b"old".to_vec(), Vec::new()));
    assert_eq!(fs::read(place.join("file")).expect("there"), b"old");
    assert!(fs::symlink_metadata(place.join("link")).expect("there").is_symlink());
}

#[test]
fn a_source_that_can_not_be_uploaded_is_refused_before_anything_runs() {
    let desk = Desk::new();
    fs::create_dir_all(desk.path("books/.git")).expect("a project");
    desk.file("secret", "s");
    desk.file("books/files/a.conf", "a");
    fs::create_dir_all(desk.path("books/.git")).expect("a folder");
    symlink("../secret", desk.path("books/link")).expect("a link");
    for (src, code, words) in [
        ("../secret", "RB0177", "leads out of the project"),
        ("link", "RB0177", "leads out of the project"),
        ("/etc/hostname", "RB0177", "leads out of the project"),
        ("none", "RB0178", "there is no such file"),
        ("files", "RB0178", "it is a folder"),
        ("{{ p }}", "RB0177", "leads out of the project"),
        ("files/{{ p }}", "RB0177", "leads out of the project"),
        ("files/{{ q }}", "RB0178", "there is no such file"),
        ("files/{{ f }}", "RB0137", "must be known before the run"),
        ("", "RB0107", ""),
    ] {
        let head = "  param p: string = \"../../secret\"\n  param q: string = \"none\"\n  fact f: string on local = `echo a.conf`\n";
        let native = format!("runbook a \"A\" {{\n{head}  step s on local {{ upload \"{src}\" to \"/tmp/x\" }}\n}}\n");
        let yaml = format!(
            "runbook: a\nparams: {{p: {{type: string, default: ../../secret}}, q: {{type: string, default: none}}}}\nfacts: {{f: {{type: string, on: local, cmd: echo a.conf}}}}\nsteps:\n  - step: s\n    on: local\n    upload: {{src: '{src}', to: /tmp/x}}\n"
        );
        for (name, text) in [("books/a.runbook", &native), ("books/a.runbook.yaml", &yaml)] {
            let file = desk.file(name, text);
            let ran = run(&desk, &file, &[]);
            // An empty word is a mistake of its own in each spelling.
            let wanted = if src.is_empty() { "RB0" } else { code };
            assert!(ran.status == 2 && ran.err.contains(wanted) && ran.err.contains(words), "{name} {src}: {ran:?}");
            // The place of the path, to the character.
            let place = |l: &str| l.find(src).map_or(0, |c| c + 1 + if code == "RB0137" { src.len() - "f }}".len() } else { 0 });
            let (line, column) = text.lines().enumerate().find_map(|(at, l)| l.find("upload").map(|_| (at + 1, place(l)))).expect("the line");
            assert!(src.is_empty() || ran.err.contains(&format!("{}:{line}:{column}", file.display())), "{name} {src} {line}:{column}: {}", ran.err);
        }
    }
    assert!(!desk.state().join("journal.db").exists() || desk.runbook(["runs"]).out.trim().is_empty());
}

#[test]
fn a_path_is_relative_to_the_file_in_which_it_is_written() {
    let desk = Desk::new();
    fs::create_dir_all(desk.path(".git")).expect("a project");
    desk.file("lib/files/own", "of the library");
    desk.file("main/files/own", "of the runbook");
    desk.file(
        "lib/a.runbook",
        "action lib.own(to: path) { upload \"files/own\" to \"{{ to }}\"\n undo none \"a test\" }\naction lib.given(src: path, to: path) { upload \"{{ src }}\" to \"{{ to }}\"\n undo none \"a test\" }\naction lib.through(src: path, to: path) { use lib.given(src: src, to: to) }\n",
    );
    let to = |name: &str| desk.path(name).display().to_string();
    let file = desk.file(
        "main/b.runbook",
        format!(
            "import \"../lib/a.runbook\"\nrunbook b {{\n param src: path = \"files/own\"\n step one on local {{ use lib.own(to: \"{}\") }}\n step two on local {{ use lib.given(src: \"files/own\", to: \"{}\") }}\n step three on local {{ use lib.through(src: src, to: \"{}\") }}\n}}\n",
            to("one"),
            to("two"),
            to("three")
        ),
    );
    let ran = run(&desk, &file, &[]);
    assert_eq!(ran.status, 0, "{ran:?}");
    assert_eq!([desk.read("one"), desk.read("two"), desk.read("three")], ["of the library", "of the runbook", "of the runbook"]);
}

/// The largest memory that a process ever had, in bytes.
fn peak(pid: u32) -> Option<u64> {
    let status = fs::read_to_string(format!("/proc/{pid}/status")).ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    line.split_whitespace().next()?.parse::<u64>().ok().map(|kib| kib * 1024)
}

fn below(folder: &Path, end: &str) -> Option<PathBuf> {
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
            let path = entry.path();
            if entry.file_type().is_ok_and(|kind| kind.is_dir()) {
                folders.push(path);
            } else if path.to_string_lossy().ends_with(end) {
                return Some(path);
            }
        }
    }
    None
}

#[test]
fn k2_killed_while_it_uploads_a_resume_needs_no_source_and_ends_the_same_over_ssh() {
    let sshd = Sshd::start(&["box"]);
    let config = sshd.config().to_string_lossy().into_owned();
    let desk = Desk::new();
    let bytes = content(200_000_000);
    let source = desk.file("a.bin", &bytes);
    let to = desk.file("there/a", "old");
    let file = desk.file("up.runbook", upload(&to, ""));
    let args = ["run", file.to_str().expect("text"), "--ssh-config", &config, "--target", "there=box"];
    // While the content is on its way: nothing has begun on the host.
    let mut first = desk.start(args);
    until("some of it is there", || below(&sshd.home("box"), ".in").is_some_and(|there| fs::metadata(there).is_ok_and(|m| m.len() > 8 << 20)));
    let most = peak(first.0.id()).expect("its memory");
    first.kill();
    assert_eq!(fs::read(&to).expect("there"), b"old");
    // The file is three times what a process of the tests' build has at most.
    assert!(most < bytes.len() as u64 / 2, "memory stays flat: {most}");
    fs::remove_file(source).expect("the source goes away");
    // While it is moved into place.
    let mut second = desk.start(["resume", "last"]);
    until("it is being written beside", || !leftovers(to.parent().expect("a folder")).is_empty());
    second.kill();
    let there = fs::read(&to).expect("there");
    assert!(there == b"old" || there == bytes, "never half of it");
    let ran = desk.runbook(["resume", "last"]);
    assert_eq!((ran.status, desk.word()), (0, "done".to_owned()), "{ran:?}");
    assert!(fs::read(&to).expect("there") == bytes);
    assert_eq!(leftovers(to.parent().expect("a folder")), Vec::<String>::new());
    assert_eq!(desk.attempts("put@box"), 2, "the first was void, the second was found again");
}

#[test]
fn a_job_that_is_killed_while_it_writes_leaves_the_old_file_and_is_done_again() {
    let desk = Desk::new();
    let bytes = content(120_000_000);
    desk.file("a.bin", &bytes);
    let to = desk.file("there/a", "old");
    let file = desk.file("up.runbook", upload(&to, ""));
    let mut running = desk.start(["run".as_ref(), file.as_os_str()]);
    let folder = to.parent().expect("a folder");
    until("it is being written beside", || below(folder, "/file").is_some_and(|f| fs::metadata(f).is_ok_and(|m| m.len() > 1 << 20)));
    // Its keeper and all of the job at once, as when a host loses its power.
    let jobs = desk.home().join(".local/state/runbook/jobs");
    let go = below(&jobs, "put@local.run.1.claim").expect("a claim");
    let marks: Vec<String> =
        fs::read_dir(go.parent().expect("its folder")).expect("marks").flatten().map(|e| e.file_name().to_string_lossy().into_owned()).collect();
    let keeper = marks.iter().find_map(|m| m.strip_prefix("put@local.run.1.go=")).and_then(|m| m.split(':').next()).expect("a keeper");
    let group = marks.iter().find_map(|m| m.strip_prefix("put@local.run.1.pg=")).expect("a group");
    let killed = std::process::Command::new("sh").args(["-c", &format!("kill -9 {keeper}; kill -9 -{group}")]).status().expect("kill");
    assert!(killed.success());
    let status = running.wait();
    assert_eq!(fs::read(&to).expect("there"), b"old", "never half of it");
    assert_eq!(status, 3, "its check says that it is not done, and a person decides");
    let ran = desk.runbook(["resume", "last"]);
    assert_eq!(ran.status, 0, "its check says that it is not done, so a resume does it again: {ran:?}");
    assert!(fs::read(&to).expect("there") == bytes);
    assert_eq!(leftovers(folder), Vec::<String>::new());
}

const DOWN: &str =
    "runbook down.logs \"Fetch\" {\n  target there = [local]\n  param from: path\n  step get on there { download \"{{ from }}\" to \"TO\" }\n}\n";

#[test]
fn downloads_of_several_hosts_do_not_overwrite_each_other() {
    let sshd = Sshd::start(&["one", "two"]);
    let config = sshd.config().to_string_lossy().into_owned();
    let desk = Desk::new();
    let bytes = content(3_500_000);
    let from = desk.file("there/log", &bytes);
    let from = format!("from={}", from.display());
    let args = ["-p", &from, "--ssh-config", &config, "--target", "there=one,two"];
    let file = desk.file("books/down.runbook", DOWN.replace("TO", "logs/x"));
    let ran = run(&desk, &file, &args);
    assert!(ran.status == 2 && ran.err.contains("RB0427") && ran.err.contains("{{ host }}"), "{ran:?}");
    // Relative to where the operator stands, not to the runbook.
    let file = desk.file("books/down.runbook", DOWN.replace("TO", "logs/{{ host }}"));
    let ran = run(&desk, &file, &args);
    assert!(ran.status == 3 && ran.err.contains("there is no folder"), "{ran:?}");
    fs::create_dir(desk.path("logs")).expect("a folder");
    let ran = desk.runbook(["resume", "last"]);
    assert_eq!(ran.status, 0, "{ran:?}");
    for host in ["one", "two"] {
        assert!(fs::read(desk.path("logs").join(host)).expect("here") == bytes, "{host}");
    }
    let ran = run(&desk, &file, &args);
    assert!(ran.status == 0 && ran.err.contains("2 already as wanted"), "{ran:?}");
    assert_eq!(leftovers(&desk.path("logs")), Vec::<String>::new());
    // Both spellings, one plan.
    let yaml = desk.file(
        "books/down.runbook.yaml",
        "runbook: down.logs\ntitle: Fetch\ntargets: {there: {is: [local]}}\nparams: {from: path}\nsteps:\n  - step: get\n    on: there\n    download: {src: \"{{ from }}\", to: \"logs/{{ host }}\"}\n",
    );
    let hash = |file: &Path| {
        let ran = desk.runbook(["plan".as_ref(), file.as_os_str(), "-p".as_ref(), from.as_ref(), "--format".as_ref(), "json".as_ref()]);
        serde_json::from_str::<serde_json::Value>(&ran.out).unwrap_or_else(|e| panic!("{e}: {ran:?}"))["hash"].clone()
    };
    assert_eq!(hash(&file), hash(&yaml));
}

#[test]
fn killed_while_it_downloads_a_resume_ends_the_same_and_the_old_file_stands_until_then() {
    let sshd = Sshd::start(&["box"]);
    let config = sshd.config().to_string_lossy().into_owned();
    let desk = Desk::new();
    let bytes = content(60_000_000);
    let from = desk.file("there/log", &bytes);
    let to = desk.file("here", "old");
    fs::set_permissions(&to, fs::Permissions::from_mode(0o600)).expect("chmod");
    let file = desk.file("down.runbook", DOWN.replace("TO", "here"));
    let from = format!("from={}", from.display());
    let args = ["run", file.to_str().expect("text"), "-p", &from, "--ssh-config", &config, "--target", "there=box"];
    let mut running = desk.start(args);
    until("some of it is here", || below(&desk.state(), ".part").is_some_and(|part| fs::metadata(part).is_ok_and(|m| m.len() > 4 << 20)));
    let most = peak(running.0.id()).expect("its memory");
    running.kill();
    assert!(most < 100 << 20, "memory stays flat: {most}");
    assert_eq!(fs::read(&to).expect("here"), b"old");
    let ran = desk.runbook(["resume", "last"]);
    assert_eq!(ran.status, 0, "{ran:?}");
    assert!(fs::read(&to).expect("here") == bytes);
    assert_eq!(fs::metadata(&to).expect("here").mode() & 0o777, 0o600, "as private as it was");
}

#[test]
fn a_file_that_can_not_be_fetched_is_said_so_and_what_is_here_stays() {
    let desk = Desk::new();
    desk.file("there/log", "new");
    desk.file("old", "old");
    fs::create_dir(desk.path("folder")).expect("a folder");
    symlink("old", desk.path("link")).expect("a link");
    for (from, to, words) in [
        ("there/none", "old", "is not there"),
        ("there", "old", "is a folder"),
        ("/dev/null", "old", "is no regular file"),
        ("there/log", "folder", "is a folder here"),
        ("there/log", "link", "is a symbolic link here"),
        ("there/log", "nowhere/x", "there is no folder"),
    ] {
        let file = desk.file("down.runbook", DOWN.replace("TO", to));
        let from = format!("from={}", desk.path(from).display());
        let ran = run(&desk, &file, &["-p", &from]);
        assert!(ran.status == 3 && ran.err.contains(words), "{words}: {ran:?}");
        assert_eq!(desk.read("old"), "old", "{words}");
    }
    // Read as another user, who may not.
    fs::set_permissions(desk.path("there/log"), fs::Permissions::from_mode(0o600)).expect("chmod");
    let file = desk.file("down.runbook", DOWN.replace("TO", "old").replace("on there {", "on there { as \"nobody\";"));
    let from = format!("from={}", desk.path("there/log").display());
    let ran = run(&desk, &file, &["-p", &from]);
    assert!(ran.status == 3 && ran.err.contains("nobody can't"), "{ran:?}");
}

#[test]
fn fields_that_speak_of_a_command_have_no_place_beside_a_file() {
    let desk = Desk::new();
    desk.file("a.bin", "a");
    for (field, code) in [("stdin \"x\"", "RB0135"), ("capture x: string", "RB0135"), ("reboots within 5m", "RB0135")] {
        for does in ["upload \"a.bin\" to \"/tmp/x\"", "download \"/tmp/x\" to \"x\""] {
            let file = desk.file("a.runbook", format!("runbook a \"A\" {{\n  step s on local {{\n    {does}\n    {field}\n  }}\n}}\n"));
            let ran = run(&desk, &file, &[]);
            assert!(ran.status == 2 && ran.err.contains(code), "{does} {field}: {ran:?}");
        }
    }
    for (path, words) in [("/tmp/", "names a folder"), ("~/x", "stands for no folder"), ("x", "it is relative, and no `cwd`"), ("{{ p }}", "is not a path")] {
        let file =
            desk.file("a.runbook", format!("runbook a \"A\" {{\n  param p: string = \"-rf\"\n  step s on local {{ upload \"a.bin\" to \"{path}\" }}\n}}\n"));
        let ran = run(&desk, &file, &[]);
        assert!(ran.status == 2 && ran.err.contains(words), "{path}: {ran:?}");
    }
    // In a boundary it says how it is taken back.
    let file = desk.file("a.runbook", "runbook a \"A\" {\n  boundary b { step s on local { upload \"a.bin\" to \"/tmp/x\" } }\n}\n");
    assert!(run(&desk, &file, &[]).err.contains("RB0301"));
}
