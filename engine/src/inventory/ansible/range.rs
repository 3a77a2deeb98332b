//! `web[01:20].example.com`: many hosts in one word, and the port behind it.

/// More than this is a slip, and would fill the memory.
const MOST: usize = 100_000;

/// The names that a word stands for, and the port of all of them: `web[1:3]:2222`, `[2001:db8::1]:22`.
///
/// # Errors
/// Says what is wrong with the range or the port.
pub(super) fn expand(word: &str) -> Result<(Vec<String>, Option<u16>), String> {
    let (pattern, port) = split_port(word)?;
    let mut names = vec![pattern.to_owned()];
    // The first range of each name, until no name has one.
    while names.first().is_some_and(|name| name.contains('[')) {
        let mut expanded = Vec::new();
        for name in &names {
            let (head, rest) = name.split_once('[').unwrap_or((name, ""));
            let (range, tail) = rest.split_once(']').ok_or_else(|| format!("`{word}` has a `[` without its `]`"))?;
            let items = range_of(range)?;
            if expanded.len() + items.len() > MOST {
                return Err(format!("`{word}` stands for more than {MOST} hosts"));
            }
            expanded.extend(items.into_iter().map(|item| format!("{head}{item}{tail}")));
        }
        names = expanded;
    }
    Ok((names, port))
}

fn split_port(word: &str) -> Result<(&str, Option<u16>), String> {
    let read = |port: &str| port.parse::<u16>().ok().filter(|port| *port > 0).ok_or_else(|| format!("`{port}` is no port: it is 1 to 65535"));
    let is_digits = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    if word.ends_with(':') {
        return Err(format!("`{word}` ends with `:`: a port follows it, or nothing"));
    }
    let Some((name, port)) = word.rsplit_once(':').filter(|(_, port)| is_digits(port)) else { return Ok((word, None)) };
    if let Some(inside) = name.strip_prefix('[').and_then(|name| name.strip_suffix(']')).filter(|inside| !inside.contains(['[', ']'])) {
        return Ok((inside, Some(read(port)?)));
    }
    // Colons inside a range are its own, and more than one outside make an IPv6 address.
    let mut depth = 0_i32;
    let outside = name.chars().any(|c| {
        depth += i32::from(c == '[') - i32::from(c == ']');
        c == ':' && depth == 0
    });
    if outside || depth != 0 { Ok((word, None)) } else { Ok((name, Some(read(port)?))) }
}

/// `1:3`, `01:20`, `a:f`, `:5`, `1:10:2`.
fn range_of(range: &str) -> Result<Vec<String>, String> {
    let wrong = |why: &str| format!("the range `[{range}]` {why}");
    let bounds: Vec<&str> = range.split(':').collect();
    let (begin, end, step) = match bounds[..] {
        [begin, end] => (begin, end, "1"),
        [begin, end, step] => (begin, end, step),
        _ => return Err(wrong("is none: write `[BEGIN:END]` or `[BEGIN:END:STEP]`")),
    };
    let step: usize = step.parse().ok().filter(|step| *step > 0).ok_or_else(|| wrong("has a step that is no number above 0"))?;
    if end.is_empty() {
        return Err(wrong("has no end"));
    }
    let begin = if begin.is_empty() { "0" } else { begin };
    if let (Some(first), Some(last)) = (letter(begin), letter(end)) {
        if first > last {
            return Err(wrong("ends before it begins"));
        }
        return Ok((first..=last).step_by(step).map(|at| char::from(LETTERS[at]).to_string()).collect());
    }
    let number = |text: &str| text.parse::<u64>().ok().filter(|_| text.bytes().all(|b| b.is_ascii_digit()));
    let (Some(first), Some(last)) = (number(begin), number(end)) else { return Err(wrong("goes from one number to another, or from one letter to another")) };
    let width = if begin.len() > 1 && begin.starts_with('0') { begin.len() } else { 0 };
    if width > 0 && width != end.len() {
        return Err(wrong("begins with a zero, so its end has as many digits"));
    }
    if first > last {
        return Err(wrong("ends before it begins"));
    }
    if (last - first) / u64::try_from(step).unwrap_or(1) >= u64::try_from(MOST).unwrap_or(u64::MAX) {
        return Err(wrong(&format!("stands for more than {MOST} hosts")));
    }
    Ok((first..=last).step_by(step).map(|n| format!("{n:0width$}")).collect())
}

const LETTERS: &[u8; 52] = b"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";

fn letter(text: &str) -> Option<usize> {
    let [only] = text.as_bytes() else { return None };
    LETTERS.iter().position(|letter| letter == only)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_range_stands_for_its_hosts_and_a_port_for_all_of_them() {
        let names = |word: &str| expand(word).map(|(names, port)| (names.join(" "), port));
        for (word, wanted, port) in [
            ("web1", "web1", None),
            ("web1:2222", "web1", Some(2222)),
            ("web[1:3]", "web1 web2 web3", None),
            ("web[01:03].example.com:22", "web01.example.com web02.example.com web03.example.com", Some(22)),
            ("db-[a:d]", "db-a db-b db-c db-d", None),
            ("x[y:B]", "xy xz xA xB", None),
            ("n[1:10:4]", "n1 n5 n9", None),
            ("n[:2]", "n0 n1 n2", None),
            ("n[8:11]", "n8 n9 n10 n11", None),
            ("r[1:2]-[a:b]", "r1-a r1-b r2-a r2-b", None),
            ("2001:db8::1", "2001:db8::1", None),
            ("[2001:db8::1]:22", "2001:db8::1", Some(22)),
            ("10.0.0.[1:2]", "10.0.0.1 10.0.0.2", None),
        ] {
            assert_eq!(names(word), Ok((wanted.to_owned(), port)), "{word}");
        }
        for (word, why) in [
            ("web:", "ends with `:`"),
            ("web:0", "no port"),
            ("web:70000", "no port"),
            ("web[3:1]", "ends before"),
            ("web[c:a]", "ends before"),
            ("web[1:]", "no end"),
            ("web[1]", "is none"),
            ("web[1:2", "without its `]`"),
            ("web[01:100]", "as many digits"),
            ("web[a:9]", "from one number"),
            ("web[1:9:0]", "step"),
            ("web[0:999999999]", "more than"),
            ("web[1:1000][1:1000]", "more than"),
        ] {
            assert!(names(word).is_err_and(|said| said.contains(why)), "{word}: {:?}", names(word));
        }
    }
}
