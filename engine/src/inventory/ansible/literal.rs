//! The values of an INI inventory: Ansible reads each as a literal of Python, and what is none stays text. So `1.10` is
//! the number 1.1, `010` stays text, `[1, 'a']` is a list and `yes` the text.

use serde_json::{Map, Value as Json};

/// How deep a literal may be nested; Python gives up at 200.
const DEPTH: usize = 64;

#[must_use]
pub(super) fn value(text: &str) -> Json {
    literal(text).unwrap_or_else(|| Json::String(text.to_owned()))
}

fn literal(text: &str) -> Option<Json> {
    let mut reader = Reader { rest: text.trim_start_matches([' ', '\t']), depth: 0 };
    let value = reader.value()?;
    reader.blank();
    // A comment of Python's.
    (reader.rest.is_empty() || reader.rest.starts_with('#') && !reader.rest.contains('\n')).then_some(value)
}

struct Reader<'t> {
    rest: &'t str,
    depth: usize,
}

impl Reader<'_> {
    fn blank(&mut self) {
        self.rest = self.rest.trim_start_matches([' ', '\t']);
    }

    fn takes(&mut self, word: &str) -> bool {
        let taken = self.rest.strip_prefix(word);
        self.rest = taken.unwrap_or(self.rest);
        taken.is_some()
    }

    fn value(&mut self) -> Option<Json> {
        self.blank();
        self.depth += 1;
        if self.depth > DEPTH {
            return None;
        }
        let value = match self.rest.chars().next()? {
            '[' => self.items("[", ']').map(|(items, _)| Json::Array(items)),
            '(' => self.items("(", ')').and_then(|(items, commas)| match (items.len(), commas) {
                (1, 0) => items.into_iter().next(),
                _ => Some(Json::Array(items)),
            }),
            '{' => self.braces(),
            '\'' | '"' => self.texts(),
            'r' | 'u' | 'b' | 'R' | 'U' | 'B' if self.rest[1..].starts_with(['\'', '"']) => self.texts(),
            c if c.is_ascii_digit() || matches!(c, '-' | '+' | '.') => self.number(),
            _ => self.word(),
        };
        self.depth -= 1;
        value
    }

    fn word(&mut self) -> Option<Json> {
        let end = self.rest.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(self.rest.len());
        let (word, rest) = self.rest.split_at(end);
        let value = match word {
            "True" => Json::Bool(true),
            "False" => Json::Bool(false),
            "None" => Json::Null,
            _ => return None,
        };
        self.rest = rest;
        Some(value)
    }

    /// What stands between brackets, and how many commas.
    fn items(&mut self, open: &str, close: char) -> Option<(Vec<Json>, usize)> {
        self.takes(open);
        let (mut items, mut commas) = (Vec::new(), 0);
        loop {
            self.blank();
            if self.takes(close.encode_utf8(&mut [0; 4])) {
                return Some((items, commas));
            }
            if items.len() != commas {
                return None;
            }
            items.push(self.value()?);
            self.blank();
            commas += usize::from(self.takes(","));
        }
    }

    /// A dict, or a set as a list.
    fn braces(&mut self) -> Option<Json> {
        let (mut dict, mut set) = (Map::new(), Vec::new());
        self.takes("{");
        loop {
            self.blank();
            if self.takes("}") {
                return Some(if set.is_empty() { Json::Object(dict) } else { Json::Array(set) });
            }
            // Neither a key nor an item of a set can be a list or a dict.
            let key = self.value().filter(|key| !key.is_array() && !key.is_object())?;
            self.blank();
            if self.takes(":") {
                dict.insert(key_of(key), self.value()?);
            } else {
                set.push(key);
            }
            self.blank();
            let both = !dict.is_empty() && !set.is_empty();
            if both || !self.takes(",") && !self.rest.starts_with('}') {
                return None;
            }
        }
    }

    /// Texts that follow each other are one.
    fn texts(&mut self) -> Option<Json> {
        let mut whole = String::new();
        loop {
            whole.push_str(&self.text()?);
            self.blank();
            let prefix = self.rest.len() - self.rest.trim_start_matches(['r', 'u', 'b', 'R', 'U', 'B']).len();
            if !self.rest[prefix.min(1)..].starts_with(['\'', '"']) {
                return Some(Json::String(whole));
            }
        }
    }

    fn text(&mut self) -> Option<String> {
        let raw = self.rest.starts_with(['r', 'R']);
        self.rest = self.rest.trim_start_matches(['r', 'u', 'b', 'R', 'U', 'B']);
        let quote = self.rest.chars().next()?;
        let threefold: String = [quote; 3].iter().collect();
        let end = if self.rest.starts_with(&threefold) { threefold } else { quote.to_string() };
        self.takes(&end);
        let mut text = String::new();
        loop {
            if self.takes(&end) {
                return Some(text);
            }
            let c = self.next()?;
            match c {
                '\\' if raw => text.extend(['\\', self.next()?]),
                '\\' => self.escape(&mut text)?,
                c => text.push(c),
            }
        }
    }

    fn next(&mut self) -> Option<char> {
        let mut chars = self.rest.chars();
        let c = chars.next();
        self.rest = chars.as_str();
        c
    }

    fn escape(&mut self, text: &mut String) -> Option<()> {
        let digits = |reader: &mut Self, count: usize| {
            let digits = reader.rest.get(..count)?;
            reader.rest = &reader.rest[count..];
            char::from_u32(u32::from_str_radix(digits, 16).ok()?)
        };
        let c = match self.next()? {
            'n' => '\n',
            't' => '\t',
            'r' => '\r',
            'a' => '\u{7}',
            'b' => '\u{8}',
            'f' => '\u{c}',
            'v' => '\u{b}',
            c @ ('\\' | '\'' | '"') => c,
            'x' => digits(self, 2)?,
            'u' => digits(self, 4)?,
            'U' => digits(self, 8)?,
            c if c.is_digit(8) => {
                let more = self.rest.chars().take(2).take_while(|c| c.is_digit(8)).count();
                let octal = format!("{c}{}", &self.rest[..more]);
                self.rest = &self.rest[more..];
                char::from_u32(u32::from_str_radix(&octal, 8).ok()?)?
            }
            other => {
                text.push('\\');
                other
            }
        };
        text.push(c);
        Some(())
    }

    fn number(&mut self) -> Option<Json> {
        if self.rest.starts_with("...") {
            self.takes("...");
            return Some(Json::String("...".to_owned()));
        }
        let negative = self.takes("-");
        if !negative {
            self.takes("+");
        }
        self.blank();
        let end = self.rest.find(|c: char| !c.is_ascii_alphanumeric() && !matches!(c, '_' | '.')).unwrap_or(self.rest.len());
        // `1e-3`
        let exponent =
            self.rest[..end].ends_with(['e', 'E']) && self.rest[..1].starts_with(|c: char| c.is_ascii_digit() || c == '.') && !self.rest.starts_with("0x");
        let sign = usize::from(exponent && self.rest[end..].starts_with(['-', '+']));
        let end = if sign == 1 {
            let from = end + 1;
            self.rest[from..].find(|c: char| !c.is_ascii_digit() && c != '_').map_or(self.rest.len(), |more| from + more)
        } else {
            end
        };
        let (word, rest) = self.rest.split_at(end);
        let value = numeral(word, negative)?;
        self.rest = rest;
        Some(value)
    }
}

fn key_of(value: Json) -> String {
    match value {
        Json::String(text) => text,
        Json::Null => "None".to_owned(),
        Json::Bool(yes) => if yes { "True" } else { "False" }.to_owned(),
        other => other.to_string(),
    }
}

/// A number of Python's, without its sign.
fn numeral(word: &str, negative: bool) -> Option<Json> {
    if word.starts_with('_') || word.ends_with('_') || word.contains("__") || !word.starts_with(|c: char| c.is_ascii_digit() || c == '.') {
        return None;
    }
    let plain = word.replace('_', "").to_ascii_lowercase();
    let radix = [("0x", 16), ("0o", 8), ("0b", 2)].into_iter().find_map(|(prefix, radix)| Some((plain.strip_prefix(prefix)?, radix)));
    if let Some((digits, radix)) = radix {
        return i64::from_str_radix(digits, radix).ok().map(|n| if negative { -n } else { n }.into());
    }
    if plain.bytes().all(|b| b.is_ascii_digit()) {
        // `010` is a mistake in Python, and so text here.
        let is_plain = !plain.starts_with('0') || plain.bytes().all(|b| b == b'0');
        let n = is_plain.then(|| plain.parse::<i64>().ok()).flatten()?;
        return Some(if negative { -n } else { n }.into());
    }
    let float_like = plain.bytes().all(|b| b.is_ascii_digit() || matches!(b, b'.' | b'e' | b'-' | b'+')) && plain.bytes().any(|b| b.is_ascii_digit());
    let float = float_like.then(|| plain.parse::<f64>().ok()).flatten()?;
    serde_json::Number::from_f64(if negative { -float } else { float }).map(Json::Number)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    /// What `ast.literal_eval` of Python 3.11 makes of them; text where it raises.
    #[test]
    fn a_value_is_what_python_reads() {
        for (text, wanted) in [
            ("web", json!("web")),
            ("yes", json!("yes")),
            ("true", json!("true")),
            ("True", json!(true)),
            ("None", json!(null)),
            ("80", json!(80)),
            ("-5", json!(-5)),
            ("+5", json!(5)),
            ("1.10", json!(1.1)),
            ("1e3", json!(1000.0)),
            ("1.5e-3", json!(0.0015)),
            (".5", json!(0.5)),
            ("5.", json!(5.0)),
            ("010", json!("010")),
            ("0", json!(0)),
            ("00", json!(0)),
            ("0x1F", json!(31)),
            ("0o17", json!(15)),
            ("1_000", json!(1000)),
            ("1__0", json!("1__0")),
            ("1.2.3", json!("1.2.3")),
            ("10.0.0.1", json!("10.0.0.1")),
            ("2024-01-01", json!("2024-01-01")),
            ("1 + 2", json!("1 + 2")),
            ("'a b'", json!("a b")),
            ("\"a\\n\\x41\\u00e9\\101\\q\"", json!("a\nA\u{e9}A\\q")),
            ("'a' \"b\"", json!("ab")),
            ("r'a\\n'", json!("a\\n")),
            ("'open", json!("'open")),
            ("[1, 'a', [True,]]", json!([1, "a", [true]])),
            ("(1, 2)", json!([1, 2])),
            ("(1)", json!(1)),
            ("(1,)", json!([1])),
            ("()", json!([])),
            ("{'a': 1, 2: 'b'}", json!({"a": 1, "2": "b"})),
            ("{}", json!({})),
            ("{1}", json!([1])),
            ("[web, db]", json!("[web, db]")),
            ("5 # five", json!(5)),
            ("web # said", json!("web # said")),
            ("[1 2]", json!("[1 2]")),
            ("", json!("")),
            ("-", json!("-")),
            ("-o Port=1", json!("-o Port=1")),
            ("{{ x }}", json!("{{ x }}")),
            ("99999999999999999999", json!("99999999999999999999")),
            ("...", json!("...")),
            ("u", json!("u")),
            ("é", json!("é")),
            ("1é", json!("1é")),
        ] {
            assert_eq!(value(text), wanted, "{text}");
        }
        assert_eq!(value(&"[".repeat(10_000)), json!("[".repeat(10_000)));
    }
}
