//! Two spellings, one plan.

use std::ffi::OsString;
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
    hash_with(desk, file, &[])
}

/// What a runbook of the tree is given, when it wants something: `example/` beside it, or beside its folder, has it.
fn example(file: &Path) -> Vec<OsString> {
    let folder = file.ancestors().take(2).map(|at| at.with_file_name("example")).find(|folder| folder.exists()).unwrap_or_default();
    let name = file.file_name().and_then(|name| name.to_str()?.split('.').next()).unwrap_or_default();
    let given = [("--params", folder.join(name).with_extension("yaml")), ("--inventory", folder.join("inventory.yaml"))];
    given.into_iter().filter(|(_, path)| path.exists()).flat_map(|(option, path)| [option.into(), path.into()]).collect()
}

fn hash_with(desk: &Desk, file: &Path, given: &[OsString]) -> String {
    let fixed = ["plan".as_ref(), file.as_os_str(), "--format".as_ref(), "json".as_ref()];
    let ran = desk.runbook(fixed.into_iter().chain(given.iter().map(OsString::as_os_str)));
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
            let given = example(&file);
            assert_eq!(hash_with(&desk, &file, &given), hash_with(&desk, &twin, &given), "{}", file.display());
            twins += 1;
        }
    }
    assert!(twins >= 1, "the Matomo restart has a twin");
}

/// What the pages of the folders tell a reader to copy.
#[test]
fn every_runbook_of_the_tree_is_planned_with_what_its_example_gives_it() {
    let desk = Desk::new();
    let mut found = Vec::new();
    runbooks(Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../runbooks")), &mut found);
    // Those are pieces of others.
    found.retain(|file| !file.ends_with("actions.runbook") && !file.iter().any(|folder| folder == "updates"));
    assert!(found.len() > 10, "{found:?}");
    for file in found {
        let page = file.with_file_name("README.md");
        let name = file.file_name().and_then(|name| name.to_str()?.split('.').next()).unwrap_or_default();
        assert!(std::fs::read_to_string(&page).is_ok_and(|page| page.contains(&format!("`{name}.runbook`"))), "{} tells of {name}", page.display());
        hash_with(&desk, &file, &example(&file));
    }
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

/// Every runbook and library of the tree, in both spellings.
fn all(folder: &str) -> Vec<PathBuf> {
    let mut folders = vec![Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(folder)];
    let mut found = Vec::new();
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(&folder).expect("a folder").flatten() {
            let (path, name) = (entry.path(), entry.file_name().to_string_lossy().into_owned());
            if path.is_dir() {
                folders.push(path);
            } else if name.ends_with(".runbook") || name.ends_with(".runbook.yaml") {
                found.push(path);
            }
        }
    }
    found.sort();
    found
}

/// There and back, every file of the tree says the same: a runbook by the hash of its plan, a library by its text, which
/// the converter holds to its tree.
#[test]
fn every_file_of_the_tree_says_the_same_in_the_other_spelling() {
    let desk = Desk::new();
    let mut hashed = 0;
    for file in ["runbooks", "stdlib", "grammar/tests/data"].iter().flat_map(|folder| all(folder)) {
        let name = file.file_name().expect("a name").to_string_lossy().into_owned();
        let (there, back, to, from) = match name.ends_with(".yaml") {
            true => (format!("there-{}", name.trim_end_matches(".yaml")), format!("back-{name}"), "runbook", "yaml"),
            false => (format!("there-{name}.yaml"), format!("back-{name}"), "yaml", "runbook"),
        };
        let ran = desk.runbook(["convert".as_ref(), file.as_os_str(), "--to".as_ref(), to.as_ref(), "-o".as_ref(), there.as_ref()]);
        assert_eq!((ran.status, ran.err.contains("RB")), (0, false), "{}: {ran:?}", file.display());
        let ran = desk.runbook(["convert", &there, "--to", from, "-o", &back]);
        assert_eq!(ran.status, 0, "{}: {ran:?}", file.display());
        for made in [&there, &back] {
            let ran = desk.runbook(["fmt", "--check", made]);
            assert_eq!(ran.status, 0, "{made}: {ran:?}");
        }
        if file.components().any(|part| part.as_os_str() == "runbooks") {
            let text = std::fs::read_to_string(&file).expect("a file");
            if !text.lines().any(|line| line.starts_with("runbook")) {
                continue; // actions alone, which others import: there is nothing to plan
            }
            desk.copy_beside(&file.to_string_lossy());
            let given = example(&file);
            let wanted = hash_with(&desk, &file, &given);
            let made = [&there, &back].map(|made| hash_with(&desk, &desk.path(made), &given));
            assert_eq!(made, [wanted.clone(), wanted], "{}", file.display());
            hashed += 1;
        }
    }
    assert!(hashed >= 3, "only {hashed} runbooks were found");
}

#[test]
fn every_file_of_the_tree_has_its_canonical_layout() {
    let desk = Desk::new();
    for folder in ["runbooks", "stdlib"] {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(folder);
        let ran = desk.runbook(["fmt".as_ref(), "--check".as_ref(), folder.as_os_str()]);
        assert_eq!(ran.status, 0, "{ran:?}");
    }
}
