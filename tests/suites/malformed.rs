//! Bad input: each mistake is named with its place and a way out, the exit status is 2, and nothing has run.

use std::process::Command;

use crate::harness::desk::{Desk, Ran};

/// A file with one mistake in it, and what is to be said of it.
struct Mistake {
    file: &'static str,
    text: &'static str,
    code: &'static str,
    /// `line:column`, from 1, columns in characters.
    at: &'static str,
    /// Words that the person needs.
    says: &'static str,
    /// What `lint` exits with: 1 where the file could be read, 2 where it could not be parsed at all.
    lint: i32,
}

const MISTAKES: &[Mistake] = &[
    Mistake {
        file: "unknown-key.runbook",
        text: "runbook m.one \"M\" {\n  step mark on local {\n    runn `touch marker`\n  }\n}\n",
        code: "RB0010",
        at: "3:5",
        says: "did you mean `run`?",
        lint: 2,
    },
    Mistake {
        file: "unknown-key.runbook.yaml",
        text: "runbook: m.one\nsteps:\n- step: mark\n  on: local\n  chekc: \"true\"\n  run: touch marker\n",
        code: "RB0010",
        at: "5:3",
        says: "did you mean `check`?",
        lint: 2,
    },
    Mistake {
        file: "cycle.runbook",
        text: "runbook m.one \"M\" {\n  parallel {\n    step a on local { run `touch marker`; after [b] }\n    step b on local { run `touch marker`; after [a] }\n  }\n}\n",
        code: "RB0115",
        at: "3:50",
        says: "a → b → a",
        lint: 1,
    },
    Mistake {
        file: "undefined-target.runbook",
        text: "runbook m.one \"M\" {\n  target web: host = \"web1\"\n  step mark on wbe { run `touch marker` }\n}\n",
        code: "RB0102",
        at: "3:16",
        says: "`web`",
        lint: 1,
    },
    // The place is that of the name inside the snippet, not that of the step or of the snippet.
    Mistake {
        file: "undefined-name.runbook",
        text: "runbook m.one \"M\" {\n  param reason: string = \"x\"\n  step mark on local {\n    run ```\n      touch marker\n      echo größe {{ reasno }}\n      ```\n  }\n}\n",
        code: "RB0104",
        at: "6:21",
        says: "did you mean `reason`?",
        lint: 1,
    },
    Mistake {
        file: "undefined-name.runbook.yaml",
        text: "runbook: m.one\nparams:\n  reason: {type: string, default: x}\nsteps:\n- step: mark\n  on: local\n  run: |\n    touch marker\n    echo {{ reasno }}\n",
        code: "RB0104",
        at: "9:13",
        says: "did you mean `reason`?",
        lint: 1,
    },
    Mistake {
        file: "broken-template.runbook",
        text: "runbook m.one \"M\" {\n  param a: int = 1\n  step mark on local { run `touch marker; echo {{ a + }}` }\n}\n",
        code: "RB0203",
        at: "3:53",
        says: "unexpected end",
        lint: 1,
    },
    Mistake {
        file: "open-template.runbook",
        text: "runbook m.one \"M\" {\n  param a: int = 1\n  step mark on local { run `touch marker; echo {{ a` }\n}\n",
        code: "RB0201",
        at: "3:48",
        says: "}}",
        lint: 1,
    },
    Mistake {
        file: "shell.runbook",
        text: "runbook m.one \"M\" {\n  step mark on local {\n    run ```\n      touch marker\n      if true; then echo x\n      ```\n  }\n}\n",
        code: "RB0210",
        at: "5:27",
        says: "ends too early",
        lint: 1,
    },
    Mistake { file: "empty.runbook", text: "", code: "RB0003", at: "", says: "begin with `runbook NAME", lint: 2 },
    Mistake { file: "empty.runbook.yaml", text: "", code: "RB0003", at: "", says: "begin with", lint: 2 },
    Mistake {
        file: "duplicate-id.runbook",
        text: "runbook m.one \"M\" {\n  step mark on local { run `touch marker` }\n  step mark on local { run `touch marker` }\n}\n",
        code: "RB0109",
        at: "3:8",
        says: "first here",
        lint: 1,
    },
    Mistake {
        file: "duplicate-key.runbook.yaml",
        text: "runbook: m.one\nsteps:\n- step: mark\n  on: local\n  run: touch marker\n  run: touch marker\n",
        code: "RB0027",
        at: "6:3",
        says: "keep one of them",
        lint: 2,
    },
    // As YAML reads it, this guard would be inverted in silence.
    Mistake {
        file: "tag.runbook.yaml",
        text: "runbook: m.one\nsteps:\n- step: mark\n  on: local\n  check: ! systemctl is-active x\n  run: touch marker\n",
        code: "RB0031",
        at: "5:10",
        says: "put it in",
        lint: 2,
    },
    Mistake {
        file: "import-self.runbook",
        text: "import \"import-self.runbook\"\nrunbook m.one \"M\" {\n  step mark on local { run `touch marker` }\n}\n",
        code: "RB0131",
        at: "1:9",
        says: "circle",
        lint: 1,
    },
    Mistake {
        file: "import-nothing.runbook",
        text: "import \"none.runbook\"\nrunbook m.one \"M\" {\n  step mark on local { run `touch marker` }\n}\n",
        code: "RB0130",
        at: "1:9",
        says: "no such file",
        lint: 1,
    },
    Mistake {
        file: "option-host.runbook",
        text: "runbook m.one \"M\" {\n  target web = [\"-oProxyCommand=touch marker\"]\n  step mark on web { run `touch marker` }\n}\n",
        code: "RB0107",
        at: "2:18",
        says: "leading `-`",
        lint: 1,
    },
    Mistake {
        file: "no-timeout.runbook",
        text: "runbook m.one \"M\" {\n  step mark on local { run `touch marker` }\n  gate go \"Go?\" { show `true` on local }\n}\n",
        code: "RB0119",
        at: "3:8",
        says: "timeout 30m then park",
        lint: 1,
    },
];

impl Desk {
    /// Nothing came of it: no run is recorded and no command has left its mark.
    fn has_run_nothing(&self) {
        assert!(!self.path("marker").exists(), "a command has run");
        let runs = self.runbook(["runs", "--format", "json"]);
        assert_eq!(runs.out.trim(), "[]", "{runs:?}");
    }

    fn run_refuses(&self, args: &[&str]) -> Ran {
        let ran = self.runbook(["run"].iter().chain(args));
        assert_eq!(ran.status, 2, "{args:?}: {ran:?}");
        assert!(ran.out.is_empty(), "{ran:?}");
        self.has_run_nothing();
        ran
    }
}

fn path(desk: &Desk, mistake: &Mistake) -> String {
    desk.file(mistake.file, mistake.text);
    mistake.file.to_owned()
}

#[test]
fn each_mistake_is_named_with_its_place_and_a_way_out_and_nothing_runs() {
    for mistake in MISTAKES {
        let desk = Desk::new();
        let file = path(&desk, mistake);
        let ran = desk.run_refuses(&[&file]);
        assert!(ran.err.contains(mistake.code), "{file}: {}", ran.err);
        assert!(ran.err.contains(mistake.says), "{file}: {}", ran.err);
        assert!(ran.err.contains(&format!("{file}:{}", mistake.at)) || mistake.at.is_empty(), "{file}: {}", ran.err);
        assert!(ran.err.contains("help: "), "{file}: {}", ran.err);
        assert!(ran.err.contains("nothing was run"), "{file}: {}", ran.err);
    }
}

#[test]
fn lint_exits_with_1_for_a_mistake_and_with_2_for_what_is_no_runbook_at_all() {
    for mistake in MISTAKES {
        let desk = Desk::new();
        let file = path(&desk, mistake);
        let ran = desk.runbook(["lint", &file]);
        assert_eq!(ran.status, mistake.lint, "{file}: {ran:?}");
        assert!(ran.err.contains(mistake.code), "{file}: {}", ran.err);
    }
}

#[test]
fn lint_as_json_has_the_shape_that_scripts_rely_on() {
    for mistake in MISTAKES.iter().filter(|m| !m.at.is_empty()) {
        let desk = Desk::new();
        let file = path(&desk, mistake);
        let ran = desk.runbook(["lint", "--format", "json", &file]);
        assert_eq!(ran.status, mistake.lint, "{file}: {ran:?}");
        assert!(ran.err.is_empty(), "{file}: {ran:?}");
        let report: serde_json::Value = serde_json::from_str(&ran.out).expect("one object");
        assert_eq!(report["files"], 1);
        let finding = report["findings"].as_array().expect("findings").iter().find(|f| f["code"] == mistake.code).unwrap_or_else(|| panic!("{file}: {report}"));
        let mut keys: Vec<&str> = finding.as_object().expect("an object").keys().map(String::as_str).collect();
        keys.sort_unstable();
        assert_eq!(keys, ["code", "column", "end_column", "end_line", "fix", "help", "line", "message", "path", "severity"], "{file}");
        assert_eq!(finding["severity"], "error");
        assert_eq!(finding["path"], file.as_str());
        assert_eq!(format!("{}:{}", finding["line"], finding["column"]), mistake.at, "{file}: {finding}");
        assert!(finding["end_line"].as_u64() >= finding["line"].as_u64(), "{finding}");
    }
}

/// A finding without help leaves a person alone with it.
#[test]
fn every_finding_of_these_mistakes_says_how_it_is_mended() {
    let desk = Desk::new();
    let files: Vec<String> = MISTAKES.iter().map(|mistake| path(&desk, mistake)).collect();
    let ran = desk.runbook(["lint", "--format", "json"].into_iter().map(str::to_owned).chain(files));
    let report: serde_json::Value = serde_json::from_str(&ran.out).expect("one object");
    for finding in report["findings"].as_array().expect("findings").iter().filter(|f| f["severity"] == "error") {
        assert!(finding["help"].as_str().is_some_and(|h| !h.is_empty()), "{finding}");
    }
}

#[test]
fn all_mistakes_of_a_file_are_reported_at_once() {
    let desk = Desk::new();
    desk.file(
        "several.runbook",
        "runbook m.one \"M\" {\n  target web: host = \"-x\"\n  step mark on wbe { run `touch marker {{ a }}` }\n  step mark on web { run `if` }\n  gate go \"Go?\" { show `true` on local }\n}\n",
    );
    let ran = desk.run_refuses(&["several.runbook"]);
    for place in ["2:23", "3:16", "3:43", "4:8", "5:8"] {
        assert!(ran.err.contains(&format!("several.runbook:{place}")), "{place}: {}", ran.err);
    }
    // A mistake of syntax hides no other.
    desk.file("both.runbook", "runbook m.one \"M\" {\n  step a on local { runn `x` }\n  step b on wbe { run `x` }\n}\n");
    let ran = desk.run_refuses(&["both.runbook"]);
    for place in ["2:21", "3:13"] {
        assert!(ran.err.contains(&format!("both.runbook:{place}")), "{place}: {}", ran.err);
    }
    // What does not parse is several mistakes, too.
    desk.file("words.runbook", "runbook m.one \"M\" {\n  step a on local { runn `x` }\n  step b on local { chekc `x` }\n}\n");
    let ran = desk.run_refuses(&["words.runbook"]);
    assert!(ran.err.contains("words.runbook:2:21") && ran.err.contains("words.runbook:3:21"), "{}", ran.err);
}

#[test]
fn bytes_that_are_no_text_are_shown_where_they_stand() {
    for file in ["bytes.runbook", "bytes.runbook.yaml"] {
        let desk = Desk::new();
        desk.file(file, b"runbook m.utf \"M\" {\n  step mark \"\xff\" on local { run `touch marker` }\n}\n");
        let ran = desk.run_refuses(&[file]);
        assert!(ran.err.contains("RB0001") && ran.err.contains(&format!("{file}:2:14")) && ran.err.contains("0xFF"), "{}", ran.err);
        assert_eq!(desk.runbook(["lint", file]).status, 2);
    }
}

#[test]
fn a_folder_is_linted_whole_and_never_run() {
    let desk = Desk::new();
    desk.file("books/good.runbook", "runbook good.one \"G\" {\n  step mark on local { run `true` }\n}\n");
    desk.file("books/deep/bad.runbook", MISTAKES[3].text);
    let ran = desk.run_refuses(&["books"]);
    assert!(ran.err.contains("it is a folder") && ran.err.contains("runbook lint books"), "{}", ran.err);
    let linted = desk.runbook(["lint", "books"]);
    assert_eq!(linted.status, 1, "{linted:?}");
    assert!(linted.err.contains("books/deep/bad.runbook:3:16") && linted.err.contains("2 files"), "{}", linted.err);
}

#[test]
fn a_file_that_is_not_there_hides_no_finding_of_the_others() {
    let desk = Desk::new();
    let ran = desk.run_refuses(&["none.runbook"]);
    assert!(ran.err.contains("none.runbook can't be read: there is no such file"), "{}", ran.err);
    let bad = path(&desk, &MISTAKES[3]);
    let linted = desk.runbook(["lint", "none.runbook", &bad]);
    assert_eq!(linted.status, 2, "{linted:?}");
    assert!(linted.err.contains("none.runbook can't be read") && linted.err.contains(&format!("{bad}:3:16")), "{}", linted.err);
}

#[test]
fn an_import_never_climbs_out_of_the_project() {
    let desk = Desk::new();
    desk.file("secret.runbook", "action secret.act() \"S\" { run `touch marker` }\n");
    desk.file("project/main.runbook", "import \"../secret.runbook\"\nrunbook m.one \"M\" {\n  step mark on local { use secret.act() }\n}\n");
    std::os::unix::fs::symlink(desk.path("secret.runbook"), desk.path("project/link.runbook")).expect("a link");
    desk.file("project/linked.runbook", "import \"link.runbook\"\nrunbook m.one \"M\" {\n  step mark on local { use secret.act() }\n}\n");
    for file in ["project/main.runbook", "project/linked.runbook"] {
        let ran = desk.run_refuses(&[file]);
        assert!(ran.err.contains("RB0132") && ran.err.contains(&format!("{file}:1:9")), "{}", ran.err);
    }
}

/// With 20 seconds of processor time and 1 GB of memory: who needs more is killed, and that is no exit status of ours.
fn bounded(desk: &Desk, args: &[&str]) -> Ran {
    let plain = desk.command();
    let mut command = Command::new("sh");
    command.args(["-c", "ulimit -t 20; ulimit -v 1000000; exec \"$0\" \"$@\""]).arg(plain.get_program()).args(args);
    command.env_clear().envs(plain.get_envs().filter_map(|(k, v)| Some((k, v?)))).current_dir(plain.get_current_dir().expect("a folder"));
    let output = command.stdin(std::process::Stdio::null()).output().expect("a shell");
    Ran {
        status: output.status.code().unwrap_or(-1),
        out: String::from_utf8_lossy(&output.stdout).into_owned(),
        err: String::from_utf8_lossy(&output.stderr).into_owned(),
    }
}

#[test]
fn a_file_made_to_exhaust_the_reader_is_refused_within_bounds_and_in_few_words() {
    let desk = Desk::new();
    let aliases: String = ('a'..'i').zip('b'..'j').map(|(from, to)| format!("{to}: &{to} [{}]\n", vec![format!("*{from}"); 9].join(","))).collect();
    desk.file("bomb.runbook.yaml", format!("runbook: m.bomb\na: &a [x,x,x,x,x,x,x,x,x]\n{aliases}steps:\n- step: mark\n  on: local\n  run: touch marker\n"));
    let deep = 100_000;
    desk.file("deep.runbook.yaml", format!("runbook: m.deep\nsteps: {}{}\n", "[".repeat(deep), "]".repeat(deep)));
    desk.file(
        "deep-block.runbook.yaml",
        format!("runbook: m.deep\nsteps:\n{}", (0..1000).map(|n| format!("{}- parallel:\n", "  ".repeat(n / 2))).collect::<String>()),
    );
    desk.file("deep.runbook", format!("runbook m.deep {{\n{}\n{}}}\n", "parallel {\n".repeat(deep / 2), "}\n".repeat(deep / 2)));
    desk.file(
        "deep-expression.runbook",
        format!("runbook m.deep {{\n  step mark on local {{\n    when {}true{}\n    run `touch marker`\n  }}\n}}\n", "(".repeat(deep), ")".repeat(deep)),
    );
    desk.file(
        "deep-list.runbook",
        format!("runbook m.deep {{\n  target web = {}\"a\"{}\n  step mark on web {{ run `touch marker` }}\n}}\n", "[".repeat(deep), "]".repeat(deep)),
    );
    desk.file(
        "deep-template.runbook",
        format!("runbook m.deep {{\n  step mark on local {{ run `touch marker; echo {{{{ {}1{} }}}}` }}\n}}\n", "(".repeat(deep), ")".repeat(deep)),
    );
    for file in [
        "bomb.runbook.yaml",
        "deep.runbook.yaml",
        "deep-block.runbook.yaml",
        "deep.runbook",
        "deep-expression.runbook",
        "deep-list.runbook",
        "deep-template.runbook",
    ] {
        for command in ["run", "lint"] {
            let ran = bounded(&desk, &[command, file]);
            assert!(ran.status == 2 || command == "lint" && ran.status == 1, "{command} {file}: {} {:.2000}", ran.status, ran.err);
            assert!(ran.err.contains(&format!("{file}:")), "{command} {file}: {:.2000}", ran.err);
            // The place is shown, not the whole of a line that is a hundred thousand characters long.
            assert!(
                ran.err.lines().all(|l| l.chars().count() <= 200),
                "{command} {file}: a line of {} characters",
                ran.err.lines().map(|l| l.chars().count()).max().unwrap_or(0)
            );
        }
        desk.has_run_nothing();
    }
    // Brackets of the shell are the shell's; to look at them must not end us.
    desk.file("deep-shell.runbook", format!("runbook m.deep {{\n  step mark on local {{ run `{}true{}` }}\n}}\n", "(".repeat(deep), ")".repeat(deep)));
    let ran = bounded(&desk, &["lint", "deep-shell.runbook"]);
    assert!((0..=2).contains(&ran.status), "{} {:.2000}", ran.status, ran.err);
}

#[test]
fn a_file_of_5_megabytes_is_refused_by_its_size() {
    let desk = Desk::new();
    let text = format!("runbook m.big {{\n{}  step mark on local {{ run `touch marker` }}\n}}\n", "# padding\n".repeat(500_000));
    desk.file("big.runbook", &text);
    let ran = bounded(&desk, &["run", "big.runbook"]);
    assert_eq!(ran.status, 2, "{ran:?}");
    assert!(ran.err.contains("RB0002") && ran.err.contains("too large") && ran.err.contains("1048576"), "{}", ran.err);
    // It has another size than the limit and one: what is said of it must be true.
    assert!(!ran.err.contains("1048577"), "{}", ran.err);
    desk.has_run_nothing();
}

#[test]
fn what_is_given_is_checked_against_what_is_declared() {
    let desk = Desk::new();
    desk.file(
        "given.runbook",
        "runbook m.given \"M\" {\n  param count: int { min 1; max 5 }\n  param word: string = \"a\" { one_of [\"a\", \"b\"] }\n  target web: host = local\n  step mark on web { run `touch marker; echo {{ count }} {{ word }}` }\n}\n",
    );
    for (args, code, says) in [
        // Nobody can be asked: it says what to pass.
        (&[][..], "RB0403", "-p count="),
        (&["-p", "count=1", "-p", "conut=1"], "RB0402", "did you mean `count`?"),
        (&["-p", "count=many"], "RB0404", "a whole number such as 3"),
        (&["-p", "count=9"], "RB0405", "5"),
        (&["-p", "count=1", "-p", "word=c"], "RB0405", "`a`"),
        (&["-p", "count=1", "--target", "wbe=x"], "RB0406", "`web`"),
        (&["-p", "count=1", "--target", "web=a,b"], "RB0408", "--target web=HOST"),
        (&["-p", "count=1", "--target", "web="], "RB0409", "no host"),
        (&["-p", "count=1", "--target", "web=-oProxyCommand=touch marker"], "RB0139", "leading `-`"),
        (&["-p", "count"], "", "-p NAME=VALUE"),
        (&["-p", "count=1", "-p", "count=2"], "", "given twice"),
        (&["-p", "count=1", "--answer", "go=yes"], "", "no gate `go`"),
        (&["-p", "count=1", "--params", "none.yaml"], "", "none.yaml"),
        (&["-p", "count=1", "--ssh-config", "none"], "", "no such file"),
    ] {
        let ran = desk.run_refuses(&["given.runbook"].iter().chain(args).copied().collect::<Vec<_>>());
        assert!(ran.err.contains(code) && ran.err.contains(says), "{args:?}: {}", ran.err);
    }
    let ran = desk.run_refuses(&["given.runbook#other", "-p", "count=1"]);
    assert!(ran.err.contains("m.given"), "it says what there is: {}", ran.err);
}

#[test]
fn a_secret_on_the_command_line_is_refused_and_not_repeated() {
    let desk = Desk::new();
    desk.file("secret.runbook", "runbook m.secret \"M\" {\n  param pw: secret\n  step mark on local {\n    env { PW: pw }\n    run `touch marker`\n  }\n}\n");
    let ran = desk.run_refuses(&["secret.runbook", "-p", "pw=hunter2"]);
    assert!(!ran.err.contains("hunter2"), "{}", ran.err);
}

/// "Codes of diagnostics are stable, each explained by `lint --explain`": every code that stands in the sources.
#[test]
fn every_code_is_explained() {
    fn sources(folder: &std::path::Path, found: &mut String) {
        for entry in std::fs::read_dir(folder).expect("a folder").flatten() {
            let path = entry.path();
            if path.is_dir() {
                sources(&path, found);
            } else if path.extension().is_some_and(|e| e == "rs") {
                found.push_str(&std::fs::read_to_string(&path).expect("text"));
            }
        }
    }
    let mut text = String::new();
    for room in ["grammar/src", "engine/src", "cli/src"] {
        sources(&std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(room), &mut text);
    }
    let mut codes: Vec<&str> = text.match_indices("\"RB").map(|(at, _)| &text[at + 1..at + 7]).filter(|c| c[2..].bytes().all(|b| b.is_ascii_digit())).collect();
    codes.sort_unstable();
    codes.dedup();
    assert!(codes.len() > 100, "{codes:?}");
    let desk = Desk::new();
    let mut unexplained = Vec::new();
    for code in codes {
        let ran = desk.runbook(["lint", "--explain", code]);
        if ran.status != 0 || !ran.out.starts_with(code) || ran.out.trim().lines().count() < 2 {
            unexplained.push(code);
        }
    }
    assert_eq!(unexplained, Vec::<&str>::new());
    let unknown = desk.runbook(["lint", "--explain", "RB9999"]);
    assert_eq!(unknown.status, 2, "{unknown:?}");
    assert!(unknown.err.contains("RB9999"), "{unknown:?}");
}
