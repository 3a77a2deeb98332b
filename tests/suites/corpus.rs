//! What fuzzing found is asked again: every text of `fuzz/corpus` keeps the laws that its target asks.

#[path = "../../fuzz/laws.rs"]
mod laws;
#[path = "../../fuzz/lint_laws.rs"]
mod lint_laws;

use std::path::Path;

use grammar::Spelling;

/// The texts of one target. Each character stands for a byte.
fn texts(target: &str) -> Vec<Vec<u8>> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("../fuzz/corpus/{target}.json"));
    let json = std::fs::read_to_string(&path).unwrap_or_else(|why| panic!("{}: {why}", path.display()));
    let texts: Vec<String> = serde_json::from_str(&json).expect("a list of texts");
    assert!(texts.len() > 100, "{target} has {} texts", texts.len());
    texts.iter().map(|text| text.chars().map(|c| u8::try_from(u32::from(c)).expect("a byte")).collect()).collect()
}

#[test]
fn the_texts_that_fuzzing_found_are_read() {
    for (target, spelling) in [("read_native", Spelling::Native), ("read_yaml", Spelling::Yaml)] {
        for text in texts(target) {
            laws::read(&text, spelling);
        }
    }
}

#[test]
fn the_texts_that_fuzzing_found_have_one_layout_and_both_spellings() {
    for (target, spelling) in [("layout_native", Spelling::Native), ("layout_yaml", Spelling::Yaml)] {
        for text in texts(target) {
            laws::layout(&text, spelling);
        }
    }
}

#[test]
fn the_texts_that_fuzzing_found_are_checked_linted_and_planned() {
    for (target, spelling) in [("lint_native", Spelling::Native), ("lint_yaml", Spelling::Yaml)] {
        for text in texts(target) {
            lint_laws::lint(&text, spelling);
        }
    }
}
