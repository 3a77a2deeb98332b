//! Inventories, right and wrong.

use grammar::diagnostic::Diagnostic;
use grammar::source::{Source, SourceId};
use serde_json::json;

use super::*;

mod ansible;
mod patterns;

fn source(text: &str) -> Source {
    Source { id: SourceId(3), path: "hosts.yaml".to_owned(), text: text.to_owned() }
}

fn sound(text: &str) -> Inventory {
    read(&source(text)).unwrap_or_else(|errors| panic!("{errors:#?}"))
}

fn wrong(text: &str) -> Vec<Diagnostic> {
    read(&source(text)).expect_err(text)
}

const HOSTS: &str = "
groups:
  web: [web1, web2]
  eu:
    groups: [web]
    hosts: [db1, web2]
    vars: {region: eu, tier: 2}
  edge:
    hosts: [web1]
    vars: {weight: 3}
hosts:
  web1: {rack: a1, tier: 1, ports: [80, 443]}
  spare:
";

#[test]
fn groups_hold_hosts_and_other_groups_each_host_once() {
    let inventory = sound(HOSTS);
    assert_eq!(inventory.group("web"), Some(&["web1".to_owned(), "web2".to_owned()][..]));
    assert_eq!(inventory.group("eu"), Some(&["db1".to_owned(), "web2".to_owned(), "web1".to_owned()][..]));
    assert_eq!(inventory.group("nope"), None);
    assert!(inventory.knows("spare") && !inventory.knows("web"));
    let names = |names: &[&str]| names.iter().map(|n| (*n).to_owned()).collect::<Vec<_>>();
    assert_eq!(inventory.hosts_of("web,eu"), Ok(names(&["web1", "web2", "db1"])));
}

#[test]
fn a_hosts_own_word_counts_before_its_groups_and_an_inner_groups_before_the_outers() {
    let vars = sound(HOSTS).vars().to_json();
    assert_eq!(vars["web1"], json!({"rack": "a1", "tier": 1, "ports": [80, 443], "region": "eu", "weight": 3}));
    assert_eq!(vars["db1"], json!({"region": "eu", "tier": 2}));
    assert_eq!(vars["spare"], json!({}));
    let nested = sound("groups:\n  all: {groups: [web], vars: {a: 1, b: 1}}\n  web: {hosts: [w1], vars: {a: 2}}\n");
    assert_eq!(nested.vars().to_json()["w1"], json!({"a": 2, "b": 1}));
}

#[test]
fn a_value_keeps_its_spelling_where_a_number_would_lose_it() {
    let vars = sound("hosts: {h: {a: 1.10, b: 1.5, c: 007, d: no, e: true, f: '3', g: 1e3, h: -2, i: ~, j: 0x10}}").vars().to_json();
    assert_eq!(vars["h"], json!({"a": "1.10", "b": 1.5, "c": "007", "d": "no", "e": true, "f": "3", "g": "1e3", "h": -2, "i": null, "j": "0x10"}));
}

#[test]
fn every_mistake_has_its_place_and_says_what_to_write() {
    for (text, code, at, help) in [
        ("groups: {web: [w1]}\nhost: {w1: {}}\n", "RB0419", "host", "did you mean `hosts`?"),
        ("groups: {web: {host: [w1]}}\n", "RB0419", "host", "did you mean `hosts`?"),
        ("groups: {web: {children: [w1]}}\n", "RB0419", "children", "there is: `hosts`, `groups`, `vars`, `ssh`"),
        ("- web1\n", "RB0420", "- web1", "`groups:`"),
        ("groups: [web]\n", "RB0420", "[web]", "name each group"),
        ("groups: {web: web1}\n", "RB0420", "web1", "a list"),
        ("hosts: {w1: [a]}\n", "RB0420", "[a]", "a mapping"),
        ("hosts: [w1]\n", "RB0420", "[w1]", "name each host"),
        ("groups: {web: [[w1]]}\n", "RB0420", "[w1]", "a name"),
        ("groups: {web: [w1], eu: {groups: [wep]}}\n", "RB0421", "wep", "did you mean `web`?"),
        ("groups: {eu: {groups: [w1], hosts: [w1]}}\n", "RB0421", "w1", "`hosts`"),
        ("groups: {b: {groups: [a]}, a: {groups: [b]}}\n", "RB0422", "b", "never itself"),
        ("groups: {a: {groups: [a]}}\n", "RB0422", "a", "never itself"),
        ("groups: {a: {hosts: [w1], vars: {x: 1}}, b: {hosts: [w1], vars: {x: 2}}}\n", "RB0423", "x", "hosts: {w1: {x: …}}"),
        ("groups: {web: ['-oProxyCommand=x']}\n", "RB0139", "'-oProxyCommand=x'", "leading `-`"),
        ("hosts: {'a b': {}}\n", "RB0139", "'a b'", "an address"),
        ("groups: {web: [web]}\n", "RB0424", "web", "rename the group"),
        ("groups: {web: &x [w1]}\n", "RB0032", "&x", ""),
        ("groups: {web: [w1], web: [w2]}\n", "RB0027", "web", ""),
        ("groups: {web: [w1}\n", "RB0030", "", ""),
        ("groups: {}\n---\nhosts: {}\n", "RB0420", "hosts: {}", "one document"),
    ] {
        let said = wrong(text);
        let found =
            said.iter().any(|d| d.code == code && (at.is_empty() || &text[d.span.start..d.span.end] == at) && d.help.as_deref().unwrap_or("").contains(help));
        assert!(found && said.iter().all(|d| d.span.source == SourceId(3)), "wanted {code} at `{at}` with `{help}` in {text}: {said:#?}");
    }
}

#[test]
fn the_same_value_from_two_groups_is_no_conflict_and_an_empty_inventory_is_one() {
    assert_eq!(sound("groups: {a: {hosts: [w1], vars: {x: 1}}, b: {hosts: [w1], vars: {x: 1}}}").vars().to_json()["w1"], json!({"x": 1}));
    assert_eq!(sound("").groups().count(), 0);
    assert_eq!(sound("groups:\nhosts:\n").vars().to_json(), json!({}));
}

#[test]
fn all_mistakes_are_told_at_once() {
    assert_eq!(wrong("grups: {}\nhosts: {'-x': [1]}\n").iter().map(|d| d.code).collect::<Vec<_>>(), ["RB0419", "RB0139", "RB0420"]);
}

#[test]
fn ten_thousand_hosts_in_a_hundred_groups_are_read_in_no_time() {
    let mut text = "groups:\n".to_owned();
    for group in 0..100 {
        let hosts: Vec<String> = (0..100).map(|n| format!("h{group}-{n}")).collect();
        text.push_str(&format!("  g{group}: {{hosts: [{}], vars: {{n: {group}}}}}\n", hosts.join(", ")));
    }
    let began = std::time::Instant::now();
    let inventory = sound(&text);
    assert_eq!(inventory.vars().to_json()["h42-7"], json!({"n": 42}));
    assert!(began.elapsed().as_secs() < 20, "{:?}", began.elapsed());
}

#[test]
fn groups_are_not_nested_without_end() {
    let chain = |length: usize| {
        let groups: String = (0..length).map(|n| format!("  g{n}: {{groups: [g{}]}}\n", n + 1)).collect();
        format!("groups:\n{groups}  g{length}: [w1]\n")
    };
    assert_eq!(sound(&chain(32)).group("g0"), Some(&["w1".to_owned()][..]));
    let said = wrong(&chain(20_000));
    assert_eq!(said.iter().map(|d| (d.code, d.message.as_str())).collect::<Vec<_>>(), [("RB0420", "the group `g19967` is nested too deep")]);
}

#[test]
fn ssh_says_how_a_host_is_reached_each_word_by_the_rules_of_vars() {
    let text = "
groups:
  eu: {groups: [web], ssh: {user: deploy, jump: gate.example}}
  web: {hosts: [w1, w2], ssh: {port: 2222}}
hosts:
  w1: {rack: a1, ssh: {address: 10.0.0.5, key: keys/id}}
  spare: {port: 80}
";
    let inventory = super::read::read_from(&source(text), "/srv/ops").expect("sound");
    let way = |host: &str| inventory.ways().of(host);
    let w1 = way("w1").expect("a way");
    assert_eq!((w1.destination("w1"), w1.folder.as_deref()), ("10.0.0.5", Some("/srv/ops")));
    assert_eq!(w1.words(), ["-p", "2222", "-l", "deploy", "-i", "keys/id", "-J", "gate.example"]);
    assert_eq!(way("w2").expect("a way").words(), ["-p", "2222", "-l", "deploy", "-J", "gate.example"]);
    assert_eq!(way("spare"), None);
    assert_eq!(inventory.vars().to_json(), json!({"w1": {"rack": "a1"}, "w2": {}, "spare": {"port": 80}}));
    for (text, code, at, help) in [
        ("hosts: {w1: {ssh: {adress: x}}}\n", "RB0419", "adress", "did you mean `address`?"),
        ("hosts: {w1: {ssh: {port: 0}}}\n", "RB0420", "0", "1 to 65535"),
        ("hosts: {w1: {ssh: {address: -x}}}\n", "RB0420", "-x", "an address"),
        ("hosts: {w1: {ssh: 10.0.0.5}}\n", "RB0420", "10.0.0.5", "a mapping"),
        ("groups: {a: {hosts: [w1], ssh: {port: 1}}, b: {hosts: [w1], ssh: {port: 2}}}\n", "RB0423", "port", "hosts: {w1: {ssh: {port: …}}}"),
    ] {
        let said = wrong(text);
        let found = said.iter().any(|d| d.code == code && &text[d.span.start..d.span.end] == at && d.help.as_deref().unwrap_or("").contains(help));
        assert!(found, "wanted {code} at `{at}` in {text}: {said:#?}");
    }
    let local = sound("hosts: {local: {ssh: {port: 22}}}");
    assert!(local.ways().refusal("local").is_some_and(|why| why.contains("another name")));
}
