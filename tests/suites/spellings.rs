//! Two spellings, one plan.

use std::path::{Path, PathBuf};

use crate::harness::desk::Desk;

fn runbooks(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).expect("a folder").flatten() {
        let path = entry.path();
        if path.is_dir() {
            runbooks(&path, found);
        } else if path.to_string_lossy().ends_with(".runbook") {
            found.push(path);
        }
    }
}

fn hash(desk: &Desk, file: &Path) -> String {
    let ran = desk.runbook(["plan".as_ref(), file.as_os_str(), "--format".as_ref(), "json".as_ref()]);
    assert_eq!(ran.status, 0, "{}: {ran:?}", file.display());
    let plan: serde_json::Value = serde_json::from_str(&ran.out).expect("a plan as JSON");
    plan["hash"].as_str().expect("a hash").to_owned()
}

/// Every runbook of the tree lints clean; where it has a YAML twin, both give the same plan hash.
#[test]
fn both_spellings_of_a_runbook_give_the_same_plan_hash() {
    let desk = Desk::new();
    let mut found = Vec::new();
    runbooks(Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../runbooks")), &mut found);
    let mut twins = 0;
    for file in found {
        let ran = desk.runbook(["lint".as_ref(), file.as_os_str()]);
        assert_eq!(ran.status, 0, "{ran:?}");
        let twin = PathBuf::from(format!("{}.yaml", file.display()));
        if twin.exists() {
            assert_eq!(hash(&desk, &file), hash(&desk, &twin), "{}", file.display());
            twins += 1;
        }
    }
    assert!(twins >= 1, "the Matomo restart has a twin");
}

#[test]
fn the_hash_of_a_plan_follows_what_it_would_do() {
    let desk = Desk::new();
    let one = desk.file("one.runbook", "runbook a \"A\" {\n  step s on local { run `echo a` }\n}\n");
    let spaced = desk.file("spaced.runbook", "# a comment\nrunbook a \"A\" {\n\n  step s   on local {\n    run `echo a`\n  }\n}\n");
    let other = desk.file("other.runbook", "runbook a \"A\" {\n  step s on local { run `echo b` }\n}\n");
    assert_eq!(hash(&desk, &one), hash(&desk, &spaced));
    assert_ne!(hash(&desk, &one), hash(&desk, &other));
}
