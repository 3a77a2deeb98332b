//! `matches`: a regular expression, as `grep -E` has it. The whole value must match: a pattern that is found somewhere
//! inside would let anything stand around it.

use regex_lite::Regex;

use super::{Type, Value};

/// # Errors
/// Why the pattern can't be read.
pub fn compile(pattern: &str) -> Result<Regex, String> {
    // By itself first, so that the reason speaks of what was written.
    Regex::new(pattern).and_then(|_| Regex::new(&format!(r"\A(?:{pattern})\z"))).map_err(|error| error.to_string())
}

/// Whether a type can have a pattern.
#[must_use]
pub fn fits(kind: &Type) -> bool {
    match kind {
        Type::String | Type::Path | Type::Url | Type::Host | Type::Version | Type::Date | Type::DateTime | Type::Secret => true,
        Type::Int | Type::Float | Type::Bool | Type::Duration | Type::Size | Type::Percent | Type::Json | Type::List(_) | Type::Optional(_) => false,
    }
}

/// Whether a value, or each item of a list, matches as a whole. A pattern that can't be read matches nothing.
#[must_use]
pub fn matches(pattern: &str, value: &Value) -> bool {
    let Ok(pattern) = compile(pattern) else { return false };
    match value {
        Value::List(items) => items.iter().all(|item| pattern.is_match(&text(item))),
        one => pattern.is_match(&text(one)),
    }
}

fn text(value: &Value) -> String {
    match value {
        Value::Secret(secret) => secret.reveal().to_owned(),
        other => other.display(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn is(pattern: &str, text: &str) -> bool {
        matches(pattern, &Value::String(text.to_owned()))
    }

    #[test]
    fn the_whole_value_must_match() {
        assert!(is("[0-9]+", "42") && is("a|ab", "ab") && is("", "") && is("(?i)ops-[0-9]+", "OPS-7"));
        for wrong in ["42; reboot", " 42", "42\n", "x42", ""] {
            assert!(!is("[0-9]+", wrong), "{wrong:?}");
        }
        assert!(!is("a|b", "ab") && !is("^a$", "a\nb") && !is("a.b", "a\nb"));
    }

    #[test]
    fn of_a_list_each_item_must_match_and_a_secret_by_what_it_is() {
        let list = |items: &[&str]| Value::List(items.iter().map(|i| Value::String((*i).to_owned())).collect());
        assert!(matches("w[0-9]", &list(&["w1", "w2"])) && matches("w[0-9]", &list(&[])));
        assert!(!matches("w[0-9]", &list(&["w1", "x2"])));
        assert!(matches("hun.*", &Value::Secret(super::super::SecretText::new("hunter2"))));
    }

    #[test]
    fn a_pattern_that_can_not_be_read_says_why() {
        for (pattern, word) in
            [("a(", "group"), ("[z-a]", "range"), ("*", "repetition"), (r"\p{Greek}", "Unicode"), ("(a)\\1", "backreference"), ("a{999999999}", "")]
        {
            let why = compile(pattern).expect_err(pattern);
            assert!(why.to_lowercase().contains(&word.to_lowercase()) && !why.contains('\n'), "{pattern}: {why}");
        }
    }

    #[test]
    fn a_hostile_pattern_takes_no_long_time() {
        let began = std::time::Instant::now();
        assert!(!is("(a*)*b", &"a".repeat(20_000)));
        assert!(began.elapsed().as_secs() < 20);
    }
}
