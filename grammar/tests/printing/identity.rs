//! What is printed reads back to the tree that it was printed from, in both spellings, whatever the tree.

use grammar::ast::File;
use grammar::diagnostic::Diagnostic;
use grammar::format::{convert, format, print};
use grammar::{Spelling, parse_as};
use proptest::prelude::*;

use super::trees::{self, Hardness, for_all};
use super::{BOTH, other, source};

/// A result, or the case fails with all that was said.
fn given<T>(result: Result<T, Vec<Diagnostic>>, text: &str) -> Result<T, TestCaseError> {
    result.map_err(|errors| TestCaseError::fail(format!("{errors:#?}\n{text}")))
}

fn same_tree(text: &str, spelling: Spelling, tree: &File) -> Result<(), TestCaseError> {
    let parsed = parse_as(&source(text), spelling);
    let errors: Vec<_> = parsed.diagnostics.iter().filter(|diagnostic| diagnostic.code != "RB0037").collect();
    prop_assert!(errors.is_empty(), "{errors:#?}\n{text}");
    prop_assert!(parsed.file == *tree, "read as something else:\n{text}");
    Ok(())
}

#[test]
fn a_tree_that_is_printed_reads_back_as_it_was() {
    for_all(
        || trees::file(Hardness::Writable, 3),
        |tree| {
            for spelling in BOTH {
                same_tree(&given(print(tree, spelling), &format!("{tree:?}"))?, spelling, tree)?;
            }
            Ok(())
        },
    );
}

#[test]
fn what_is_formatted_stays_as_it_is() {
    for_all(
        || trees::file(Hardness::Writable, 3),
        |tree| {
            for spelling in BOTH {
                let text = given(print(tree, spelling), "")?;
                let once = given(format(&source(&text), spelling), &text)?.text;
                let twice = given(format(&source(&once), spelling), &once)?.text;
                prop_assert_eq!(&once, &text);
                prop_assert_eq!(twice, once);
            }
            Ok(())
        },
    );
}

#[test]
fn there_and_back_is_where_it_was() {
    for_all(
        || trees::file(Hardness::Writable, 3),
        |tree| {
            for from in BOTH {
                let text = given(print(tree, from), "")?;
                let there = given(convert(&source(&text), from, other(from)), &text)?.text;
                same_tree(&there, other(from), tree)?;
                let formatted = given(format(&source(&there), other(from)), &there)?.text;
                prop_assert_eq!(&formatted, &there);
                let back = given(convert(&source(&there), other(from), from), &there)?.text;
                same_tree(&back, from, tree)?;
            }
            Ok(())
        },
    );
}

/// No tree that a reader could make is printed as something else: it is printed as it is, or refused by name.
#[test]
fn what_a_spelling_cannot_say_is_refused_by_name() {
    for_all(
        || trees::file(Hardness::Any, 3),
        |tree| {
            for spelling in BOTH {
                match print(tree, spelling) {
                    Ok(text) => same_tree(&text, spelling, tree)?,
                    Err(errors) => prop_assert!(errors.iter().all(|error| error.code == "RB0039"), "{errors:#?}"),
                }
            }
            Ok(())
        },
    );
}
