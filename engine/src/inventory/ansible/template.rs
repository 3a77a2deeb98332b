//! Values that name other vars: `"{{ inventory_hostname }}.example.com"`. A name, and what is inside it by `.name` or
//! `['name']`, is looked up in the host's own vars. Whatever else Jinja can say is not worked out here, and a var that
//! wants it is withheld, with the reason.

use std::collections::BTreeMap;

use serde_json::Value as Json;

use super::super::vars::Var;
use super::tree::Vars;

/// How many vars may name each other in a row.
const DEPTH: usize = 16;
/// The most text that one value may come to.
const MOST: usize = 1 << 16;

/// Whether there is something to work out.
pub(super) fn is_template(text: &str) -> bool {
    ["{{", "{%", "{#"].iter().any(|opening| text.contains(opening))
}

fn has_template(value: &Json) -> bool {
    match value {
        Json::String(text) => is_template(text),
        Json::Array(items) => items.iter().any(has_template),
        Json::Object(object) => object.values().any(has_template),
        _ => false,
    }
}

/// Works out all of a host's vars.
pub(super) fn resolve(host: &str, groups: &[String], vars: Vars) -> Vars {
    if !vars.values().any(|var| matches!(var, Var::Known(value) if has_template(value))) {
        return vars;
    }
    let short = if host.contains(':') || host.bytes().all(|b| b.is_ascii_digit() || b == b'.') { host } else { host.split('.').next().unwrap_or(host) };
    let magic = BTreeMap::from([
        ("inventory_hostname", Json::from(host)),
        ("inventory_hostname_short", Json::from(short)),
        ("group_names", Json::from(groups.to_vec())),
    ]);
    let scope = Scope { vars: &vars, magic };
    let resolved = |(name, var): (&String, &Var)| match var {
        Var::Known(value) => {
            let var = scope.value(value, DEPTH).unwrap_or_else(|why| Var::Withheld(format!("`{name}` is a template of Ansible's, and {why}")));
            (name.clone(), var)
        }
        Var::Withheld(_) => (name.clone(), var.clone()),
    };
    vars.iter().map(resolved).collect()
}

struct Scope<'a> {
    vars: &'a Vars,
    magic: BTreeMap<&'static str, Json>,
}

impl Scope<'_> {
    fn value(&self, value: &Json, depth: usize) -> Result<Var, String> {
        self.json(value, depth).map(Var::Known)
    }

    fn json(&self, value: &Json, depth: usize) -> Result<Json, String> {
        Ok(match value {
            Json::String(text) if is_template(text) => self.text(text, depth)?,
            Json::Array(items) => Json::Array(items.iter().map(|item| self.json(item, depth)).collect::<Result<_, _>>()?),
            Json::Object(object) => {
                Json::Object(object.iter().map(|(name, value)| Ok((name.clone(), self.json(value, depth)?))).collect::<Result<_, String>>()?)
            }
            other => other.clone(),
        })
    }

    /// A name alone keeps its type.
    fn text(&self, text: &str, depth: usize) -> Result<Json, String> {
        let depth = depth.checked_sub(1).ok_or("it goes round in a circle")?;
        let mut whole = String::new();
        let mut rest = text;
        while let Some((before, behind)) = rest.split_once("{{") {
            if is_template(before) {
                return Err(unknown(text));
            }
            let (name, after) = behind.split_once("}}").ok_or_else(|| unknown(text))?;
            let value = self.look_up(name.trim(), depth)?;
            if before.is_empty() && after.is_empty() && whole.is_empty() {
                return Ok(value);
            }
            whole.push_str(before);
            whole.push_str(&in_text(&value).ok_or_else(|| unknown(text))?);
            if whole.len() > MOST {
                return Err("it comes to too much text".to_owned());
            }
            rest = after;
        }
        if is_template(rest) {
            return Err(unknown(text));
        }
        whole.push_str(rest);
        Ok(Json::String(whole))
    }

    fn look_up(&self, path: &str, depth: usize) -> Result<Json, String> {
        let (name, mut keys) = steps(path).ok_or_else(|| unknown(&format!("{{{{ {path} }}}}")))?;
        let mut value = match (self.vars.get(name), self.magic.get(name)) {
            (_, Some(value)) => value.clone(),
            (Some(Var::Known(value)), None) => self.json(value, depth)?,
            (Some(Var::Withheld(why)), None) => return Err(format!("it needs another: {why}")),
            (None, None) => return Err(format!("there is no `{name}` for it")),
        };
        keys.reverse();
        while let Some(key) = keys.pop() {
            let inner = match &value {
                Json::Object(object) => object.get(key),
                Json::Array(items) => key.parse::<usize>().ok().and_then(|at| items.get(at)),
                _ => None,
            };
            value = inner.cloned().ok_or_else(|| format!("there is no `{key}` in `{name}` for it"))?;
        }
        Ok(value)
    }
}

fn unknown(text: &str) -> String {
    let shown: String = text.chars().take(60).collect();
    format!("only names of other vars are worked out: {shown}")
}

/// `a.b['c'][0]` as `a` and what is inside it.
fn steps(path: &str) -> Option<(&str, Vec<&str>)> {
    let end = |text: &str| text.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(text.len());
    let (name, mut rest) = path.split_at(end(path));
    if name.is_empty() || name.starts_with(|c: char| c.is_ascii_digit()) {
        return None;
    }
    let mut keys = Vec::new();
    while !rest.is_empty() {
        let key = if let Some(inside) = rest.strip_prefix('[') {
            let (key, after) = inside.split_once(']')?;
            rest = after;
            let quoted = ['\'', '"'].iter().find_map(|quote| key.strip_prefix(*quote)?.strip_suffix(*quote));
            quoted.filter(|key| !key.contains(['\'', '"'])).or_else(|| key.bytes().all(|b| b.is_ascii_digit()).then_some(key))?
        } else {
            let inside = rest.strip_prefix('.')?;
            let (key, after) = inside.split_at(end(inside));
            rest = after;
            key
        };
        if key.is_empty() {
            return None;
        }
        keys.push(key);
    }
    Some((name, keys))
}

/// As Python writes it inside a text.
fn in_text(value: &Json) -> Option<String> {
    match value {
        Json::String(text) => Some(text.clone()),
        Json::Bool(yes) => Some(if *yes { "True" } else { "False" }.to_owned()),
        Json::Number(n) => Some(n.to_string()),
        Json::Null | Json::Array(_) | Json::Object(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn names_of_other_vars_are_worked_out_and_all_else_is_withheld_with_its_reason() {
        let given = json!({
            "domain": "example.com", "port": 8080, "app": {"user": "deploy", "ports": [80, 443]}, "list": ["{{ port }}", "b"],
            "fqdn": "{{ inventory_hostname }}.{{ domain }}", "url": "http://{{fqdn}}:{{ app['ports'][1] }}/", "same": "{{ app.ports }}",
            "one": "{{ two }}", "two": "{{ one }}", "upper": "{{ domain | upper }}", "cond": "{% if x %}a{% endif %}", "gone": "{{ nothing }}-x",
            "deep": "{{ app.nope }}", "open": "{{ domain", "group": "{{ group_names[0] }}", "short": "{{ inventory_hostname_short }}",
            "listed": "x{{ list }}", "lookup": "{{ lookup('env', 'HOME') }}", "behind": "{{ upper }}",
        });
        let vars: Vars = given.as_object().expect("an object").iter().map(|(name, value)| (name.clone(), Var::Known(value.clone()))).collect();
        let vars = resolve("web1.eu", &["web".to_owned()], vars);
        for (name, wanted) in [
            ("domain", json!("example.com")),
            ("fqdn", json!("web1.eu.example.com")),
            ("url", json!("http://web1.eu.example.com:443/")),
            ("same", json!([80, 443])),
            ("list", json!([8080, "b"])),
            ("group", json!("web")),
            ("short", json!("web1")),
        ] {
            assert_eq!(vars[name], Var::Known(wanted), "{name}");
        }
        for (name, why) in [
            ("one", "circle"),
            ("upper", "only names of other vars are worked out: {{ domain | upper }}"),
            ("cond", "only names"),
            ("gone", "no `nothing`"),
            ("deep", "no `nope` in `app`"),
            ("open", "only names"),
            ("listed", "only names"),
            ("lookup", "only names"),
            ("behind", "only names"),
        ] {
            assert!(matches!(&vars[name], Var::Withheld(said) if said.contains(why)), "{name}: {:?}", vars[name]);
        }
    }
}
