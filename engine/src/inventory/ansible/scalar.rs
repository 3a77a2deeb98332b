//! Texts without quotes as YAML 1.1 has them, which is what Ansible reads: `yes` is true, `010` is 8, `1:30` is 90. A date
//! stays text, and so does a number that JSON does not know.

use serde_json::Value as Json;

#[must_use]
pub(super) fn scalar(text: &str) -> Json {
    match text {
        "" | "~" | "null" | "Null" | "NULL" => return Json::Null,
        "yes" | "Yes" | "YES" | "true" | "True" | "TRUE" | "on" | "On" | "ON" => return Json::Bool(true),
        "no" | "No" | "NO" | "false" | "False" | "FALSE" | "off" | "Off" | "OFF" => return Json::Bool(false),
        _ => {}
    }
    let (sign, rest) = match text.as_bytes().first() {
        Some(b'-') => (-1, &text[1..]),
        Some(b'+') => (1, &text[1..]),
        _ => (1, text),
    };
    let number =
        whole(rest).map(|n| Json::from(sign * n)).or_else(|| float(rest).and_then(|f| serde_json::Number::from_f64(f * sign as f64)).map(Json::Number));
    number.unwrap_or_else(|| Json::String(text.to_owned()))
}

fn whole(text: &str) -> Option<i64> {
    let digits = |digits: &str, radix: u32| {
        let plain = digits.replace('_', "");
        let sound = !plain.is_empty() && plain.chars().all(|c| c.is_digit(radix));
        sound.then(|| i64::from_str_radix(&plain, radix).ok()).flatten()
    };
    if let Some(binary) = text.strip_prefix("0b") {
        return digits(binary, 2);
    }
    if let Some(hexadecimal) = text.strip_prefix("0x") {
        return digits(hexadecimal, 16);
    }
    if text.len() > 1 && text.starts_with('0') && !text.contains(':') {
        return digits(&text[1..], 8);
    }
    if !text.starts_with(|c: char| c.is_ascii_digit()) {
        return None;
    }
    if text.contains(':') {
        return if text.starts_with('0') { None } else { sixties(text) };
    }
    digits(text, 10)
}

/// `1:30:00`
fn sixties(text: &str) -> Option<i64> {
    let mut parts = text.split(':');
    let first = parts.next()?.replace('_', "");
    let mut sum: i64 = first.bytes().all(|b| b.is_ascii_digit()).then(|| first.parse().ok()).flatten()?;
    for part in parts {
        let below_sixty = matches!(part.len(), 1 | 2) && part.bytes().all(|b| b.is_ascii_digit());
        let part: i64 = below_sixty.then(|| part.parse().ok()).flatten().filter(|n| *n < 60)?;
        sum = sum.checked_mul(60)?.checked_add(part)?;
    }
    Some(sum)
}

/// With a point, and with a sign in its exponent: `1e3` is text.
fn float(text: &str) -> Option<f64> {
    let (mantissa, exponent) = text.split_once(['e', 'E']).map_or((text, None), |(mantissa, exponent)| (mantissa, Some(exponent)));
    let (before, after) = mantissa.split_once('.')?;
    let digits = |text: &str| text.bytes().all(|b| b.is_ascii_digit() || b == b'_');
    let starts = if before.is_empty() { after } else { before };
    let sound = digits(before) && digits(after) && starts.starts_with(|c: char| c.is_ascii_digit());
    let signed = |exponent: &str| exponent.len() > 1 && exponent.starts_with(['-', '+']) && exponent[1..].bytes().all(|b| b.is_ascii_digit());
    (sound && exponent.is_none_or(signed)).then(|| text.replace('_', "").parse().ok()).flatten()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    /// What PyYAML 6 makes of them; dates and what JSON has no number for aside.
    #[test]
    fn a_text_without_quotes_is_what_yaml_1_1_says() {
        for (text, wanted) in [
            ("web", json!("web")),
            ("yes", json!(true)),
            ("Off", json!(false)),
            ("y", json!("y")),
            ("~", json!(null)),
            ("80", json!(80)),
            ("-5", json!(-5)),
            ("+5", json!(5)),
            ("0", json!(0)),
            ("010", json!(8)),
            ("09", json!("09")),
            ("0o17", json!("0o17")),
            ("0x1F", json!(31)),
            ("0b101", json!(5)),
            ("1_000", json!(1000)),
            ("1:30", json!(90)),
            ("1:30:10", json!(5410)),
            ("1:75", json!("1:75")),
            ("01:30", json!("01:30")),
            ("1.10", json!(1.1)),
            ("1.", json!(1.0)),
            (".5", json!(0.5)),
            (".", json!(".")),
            ("1e3", json!("1e3")),
            ("1.5e3", json!("1.5e3")),
            ("1.5e+3", json!(1500.0)),
            ("1.2.3", json!("1.2.3")),
            ("2024-01-01", json!("2024-01-01")),
            (".inf", json!(".inf")),
            ("-", json!("-")),
            ("99999999999999999999", json!("99999999999999999999")),
        ] {
            assert_eq!(scalar(text), wanted, "{text}");
        }
    }
}
