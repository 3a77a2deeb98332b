//! A guard must not take "I could not look" for an answer.

use grammar::diagnostic::Severity;

use super::{Found, Rule, walk};
use crate::check::Program;

pub(super) static RULE: Rule = Rule {
    code: "RB0307",
    severity: Severity::Warning,
    title: "the left side of a guard's pipe may fail unseen",
    explanation: "Guards run without `pipefail`, because `… | grep -q` would end the left side with a broken pipe. So a left side that fails looks like one that printed nothing, and the guard says \"no\" where it should say \"I can't tell\". `verify` is not concerned: there a \"no\" is a failure anyway.",
    bad: "runbook x { target h: host = \"h1\"\n require \"it is in sync\" `mysql -e 'show slave status' | grep -q Yes` on h\n step s on h { run `true` } }",
    good: "runbook x { target h: host = \"h1\"\n require \"it is in sync\" `status=$(mysql -e 'show slave status') || exit 126; grep -q Yes <<<\"$status\"` on h\n step s on h { run `true` } }",
    find,
};

fn find(program: &Program, found: &mut Found) {
    for text in walk::guards(program) {
        if let Some(at) = pipe(&text.text)
            && !is_harmless(&text.text[..at])
        {
            found.add(
                text.span_of(at, at + 1),
                "if the command before this pipe fails, the guard says no",
                "its exit status is lost",
                "keep it: `out=$(command) || exit 126; grep -q … <<<\"$out\"`",
            );
        }
    }
}

/// The first pipe outside quotes.
fn pipe(text: &str) -> Option<usize> {
    let bytes = text.as_bytes();
    let mut quote: Option<u8> = None;
    let mut at = 0;
    while at < bytes.len() {
        let byte = bytes[at];
        match quote {
            Some(b'\'') if byte == b'\'' => quote = None,
            Some(b'"') if byte == b'"' => quote = None,
            Some(b'"') if byte == b'\\' => at += 1,
            Some(_) => {}
            None => match byte {
                b'\'' | b'"' => quote = Some(byte),
                b'\\' => at += 1,
                // Values are written between braces, and may have filters.
                b'{' if bytes.get(at + 1) == Some(&b'{') => at += text[at..].find("}}").unwrap_or(0),
                b'|' if bytes.get(at + 1) == Some(&b'|') => at += 1,
                b'|' if !is_pattern(text, at) => return Some(at),
                _ => {}
            },
        }
        at += 1;
    }
    None
}

/// `a | b)` of a `case`.
fn is_pattern(text: &str, at: usize) -> bool {
    let line = text[at..].split('\n').next().unwrap_or("");
    let close = line.find(')');
    let open = line.find('(');
    let case = text[..at].rfind("case ");
    case.is_some_and(|case| text[case..at].contains(" in")) && close.is_some_and(|close| open.is_none_or(|open| close < open))
}

/// What can't fail.
fn is_harmless(left: &str) -> bool {
    let last = left.rsplit(['\n', ';', '&', '|', '(']).next().unwrap_or(left).trim();
    let first = last.split_whitespace().find(|word| *word != "!" && *word != "if" && *word != "{").unwrap_or("");
    matches!(first, "echo" | "printf" | ":" | "true")
}
