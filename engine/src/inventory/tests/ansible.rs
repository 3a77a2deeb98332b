//! Ansible's inventories. What is expected of whole files was printed by the real one; `tests/suites/inventory.rs` holds
//! more of that.

use std::collections::BTreeMap;

use super::*;

/// What would lie beside an inventory.
#[derive(Default)]
struct Folder {
    vars: BTreeMap<(bool, &'static str), &'static str>,
    hosts: BTreeMap<&'static str, &'static str>,
}

impl Beside for Folder {
    fn vars(&mut self, whose: Whose, name: &str) -> Result<Vec<Source>, Vec<Diagnostic>> {
        let found = self.vars.iter().filter(|((of_group, of), _)| *of_group == (whose == Whose::Group) && *of == name);
        Ok(found.map(|(_, text)| Source { id: SourceId(9), path: format!("{name}.yml"), text: (*text).to_owned() }).collect())
    }

    fn of_host(&mut self, _: &Source, host: &str) -> Result<Source, Vec<Diagnostic>> {
        Ok(Source { id: SourceId(8), path: host.to_owned(), text: self.hosts.get(host).copied().unwrap_or_default().to_owned() })
    }
}

fn given(path: &str, text: &str, by_program: bool) -> Given {
    Given { source: Source { id: SourceId(3), path: path.to_owned(), text: text.to_owned() }, by_program }
}

fn load_one(path: &str, text: &str) -> Result<Inventory, Vec<Diagnostic>> {
    load(path, "/inventory", "/here", &[given(path, text, false)], &mut Folder::default())
}

fn of(path: &str, text: &str) -> Inventory {
    load_one(path, text).unwrap_or_else(|errors| panic!("{text}: {errors:#?}"))
}

#[test]
fn the_kind_of_an_inventory_is_found_out_from_itself() {
    for (path, text) in [
        ("hosts", "[web]\nw1\n"),
        ("hosts", "# said\nw1 a=1\n[web]\nw1\n"),
        ("hosts", "w1:22\n[web]\nw1\n"),
        ("hosts.ini", "[web]\nw1\n"),
        ("hosts", "web:\n  hosts:\n    w1:\n"),
        ("hosts", "---\nweb: {hosts: {w1: }}\n"),
        ("hosts.yml", "web: {hosts: {w1: }}\n"),
        ("hosts.yaml", "all: {children: {web: {hosts: {w1: }}}}\n"),
        ("hosts.yaml", "groups: {web: [w1]}\n"),
        ("hosts", "groups: {web: [w1]}\n"),
        ("hosts", "{\"web\": [\"w1\"], \"_meta\": {\"hostvars\": {}}}"),
        ("hosts.json", "{\"web\": {\"hosts\": [\"w1\"]}}"),
        ("hosts.json", "{\"all\": {\"children\": {\"web\": {\"hosts\": {\"w1\": {}}}}}}"),
        ("hosts", "{groups: {web: [w1]}}"),
    ] {
        assert_eq!(of(path, text).group("web"), Some(&["w1".to_owned()][..]), "{path}: {text}");
    }
    for (path, text, code, words, help) in [
        ("hosts.yml", "plugin: amazon.aws.aws_ec2\nregions: [eu]\n", "RB0430", "the inventory plugin `amazon.aws.aws_ec2`", "--list --export"),
        ("hosts.yml", "web: {rack: a}\n", "RB0430", "no inventory that is known here", "`children:`"),
        ("hosts.yml", "- web\n", "RB0430", "no inventory", "[web]"),
        ("hosts.toml", "[web]\n", "RB0430", "TOML", "INI"),
        ("hosts", "$ANSIBLE_VAULT;1.1;AES256\n3030\n", "RB0430", "encrypted", "decrypt"),
        ("hosts", "{\"web\": [\"w1\"]", "RB0030", "", ""),
    ] {
        let said = load_one(path, text).expect_err(text);
        let found = said.iter().any(|d| d.code == code && d.message.contains(words) && d.help.as_deref().unwrap_or("").contains(help));
        assert!(found, "{path}: {text}: {said:#?}");
    }
}

#[test]
fn every_mistake_of_an_ini_file_has_its_place() {
    for (text, code, at, help) in [
        ("[web\nw1\n", "RB0431", "[web", "a section is"),
        ("[we b]\n", "RB0431", "[we b]", "without spaces"),
        ("[web:childs]\ndb\n", "RB0431", "[web:childs]", "did you mean `[web:children]`?"),
        ("[web]\nw1 rack\n", "RB0431", "rack", "`name=value`"),
        ("[web]\nw1 a='x\n", "RB0431", "'x", "close it"),
        ("[web]\nw[3:1]\n", "RB0432", "w[3:1]", "ranges are"),
        ("[web]\nw1:99999\n", "RB0432", "w1:99999", "a port"),
        ("[web]\n-oProxyCommand=x\n", "RB0139", "-oProxyCommand=x", "leading `-`"),
        ("[eu:children]\nwep\n[web]\nw1\n", "RB0421", "wep", "did you mean `web`?"),
        ("[eu:children]\nw1\n[web]\nw1\n", "RB0421", "w1", "stand in"),
        ("[wep:vars]\na=1\n[web]\nw1\n", "RB0421", "wep", "did you mean `web`?"),
        ("[web]\nw1\n[web:vars]\njust words\n", "RB0431", "just words", "`name=value`"),
        ("[web]\nw1\n[web:vars]\nansible_group_priority=high\n", "RB0431", "ansible_group_priority=high", "a whole number"),
        ("[a:children]\nb\n[b:children]\na\n", "RB0422", "a", "never itself"),
        ("[a:children]\na\n", "RB0422", "a", "never itself"),
        ("[web]\n---\n", "RB0431", "---", ".yml"),
    ] {
        let said = load_one("hosts", text).expect_err(text);
        let found = said.iter().any(|d| d.code == code && &text[d.span.start..d.span.end] == at && d.help.as_deref().unwrap_or("").contains(help));
        assert!(found, "wanted {code} at `{at}` with `{help}` in {text}: {said:#?}");
    }
    let all = load_one("hosts", "[web\nw1\n[db]\nd[1:\nd2 x\n").expect_err("three");
    assert_eq!(all.iter().map(|d| d.code).collect::<Vec<_>>(), ["RB0431", "RB0432", "RB0431"]);
}

#[test]
fn every_mistake_of_yaml_and_of_a_listing_has_its_place() {
    for (text, code, at, help) in [
        ("all: {hosts: [w1]}\n", "RB0420", "[w1]", "a `:` behind each host"),
        ("all: {children: [web]}\n", "RB0420", "[web]", "a `:` behind each group"),
        ("all: {hots: {w1: }}\n", "RB0419", "hots", "did you mean `hosts`?"),
        ("all: {hosts: {w1: a}}\n", "RB0420", "a", "a mapping"),
        ("all: {vars: [a]}\n", "RB0420", "[a]", "a mapping"),
        ("all: {hosts: {'w[1:': }}\n", "RB0432", "'w[1:'", "ranges are"),
        ("all: {hosts: {w1: {a: !custom x}}}\n", "RB0031", "!custom", ""),
        ("all: {children: {a: {children: {a: }}}}\n", "RB0422", "a", "never itself"),
        ("{\"web\": [1]}", "RB0420", "[1]", "a list"),
        ("{\"web\": {\"hosts\": \"w1\"}, \"_meta\": {}}", "RB0420", "\"w1\"", "a list"),
        ("{\"web\": {\"hots\": [\"w1\"]}, \"_meta\": {}}", "RB0419", "[\"w1\"]", "did you mean `hosts`?"),
        ("{\"web\": 5, \"_meta\": {}}", "RB0420", "5", "a list of hosts"),
        ("{\"web\": [\"-x\"]}", "RB0139", "[\"-x\"]", "leading `-`"),
        ("{\"web\": [\"w1\"], \"_meta\": {\"hostvars\": []}}", "RB0420", "[]", "an object"),
        ("{\"web\": [\"w1\"], \"_meta\": {\"hostvars\": {\"w1\": 1}}}", "RB0420", "1", "an object"),
    ] {
        let said = load_one("hosts", text).expect_err(text);
        let found = said.iter().any(|d| d.code == code && &text[d.span.start..d.span.end] == at && d.help.as_deref().unwrap_or("").contains(help));
        assert!(found, "wanted {code} at `{at}` with `{help}` in {text}: {said:#?}");
    }
    let program = |text: &str| load("dyn", "/", "/", &[given("dyn --list", text, true)], &mut Folder::default());
    let said = program("Traceback\n").expect_err("no JSON");
    assert_eq!((said[0].code, said[0].span.start), ("RB0431", 0));
    assert!(said[0].help.as_deref().unwrap_or("").contains("nothing beside it"));
}

#[test]
fn a_program_without_meta_is_asked_about_each_host() {
    let mut folder = Folder { hosts: BTreeMap::from([("w1", "{\"rack\": \"a\"}")]), ..Folder::default() };
    let read = |folder: &mut Folder, text: &str| load("dyn", "/", "/", &[given("dyn --list", text, true)], folder).expect("sound").vars().to_json();
    assert_eq!(read(&mut folder, "{\"web\": [\"w1\", \"w2\"]}"), json!({"w1": {"rack": "a"}, "w2": {}}));
    assert_eq!(read(&mut folder, "{\"web\": [\"w1\"], \"_meta\": {\"hostvars\": {\"w1\": {\"rack\": \"b\"}, \"no\": {}}}}"), json!({"w1": {"rack": "b"}}));
}

#[test]
fn files_beside_the_inventory_say_more_and_what_is_in_a_vault_is_withheld() {
    let mut folder = Folder {
        vars: BTreeMap::from([
            ((true, "all"), "from: all_file\nin_file: 1\n"),
            ((true, "web"), "from: web_file\ncode: !vault |\n  $ANSIBLE_VAULT;1.1;AES256\n  3030\nlist: [{a: !vault x}]\nraw: !unsafe 'x'\n"),
            ((true, "db"), "$ANSIBLE_VAULT;1.1;AES256\n3030\n"),
            ((false, "w1"), "from: host_file\n"),
        ]),
        ..Folder::default()
    };
    let text = "[web]\nw1 from=line\nw2 from=line\nw3\n[web:vars]\nfrom=section\n[db]\nd1 a=1\n";
    let inventory = load("hosts", "/", "/", &[given("hosts", text, false)], &mut folder).expect("sound");
    let var = |host: &str, name: &str| found(inventory.vars().of(host).expect("a host"), name).cloned();
    let known = |text: &str| Some(Var::Known(json!(text)));
    assert_eq!(["w1", "w2", "w3", "d1"].map(|host| var(host, "from")), [known("host_file"), known("line"), known("web_file"), known("all_file")]);
    assert_eq!((var("w1", "raw"), var("d1", "a")), (known("x"), Some(Var::Known(json!(1)))));
    for (host, name) in [("w1", "code"), ("w1", "list"), ("d1", "whatever")] {
        assert!(matches!(var(host, name), Some(Var::Withheld(why)) if why.contains("encrypted by ansible-vault in ")), "{name}");
    }
    assert_eq!(var("w1", "whatever"), None);
}

#[test]
fn no_secret_of_an_inventory_stays_in_what_is_kept() {
    let text = "[web]\nw1 ansible_password=hunter2 db_password=hunter2 users=\"[{'token': 'hunter2'}]\" rack=a\n[web:vars]\nansible_become_pass=hunter2\nuser_secret=hunter2\n";
    let inventory = of("hosts", text);
    let kept = serde_json::to_string(&inventory.to_json()).expect("JSON");
    assert!(!kept.contains("hunter2") && kept.contains("\"rack\":\"a\""), "{kept}");
    let why = inventory.ways().refusal("w1").expect("refused");
    assert!(why.contains("`ansible_password`") && !why.contains("hunter2"), "{why}");
    // What is frozen reads back, the reasons too.
    let vars: Vars = serde_json::from_value(inventory.vars().to_json()).expect("vars");
    assert_eq!(&vars, inventory.vars());
}

#[test]
fn reading_ten_thousand_hosts_in_a_hundred_groups_takes_no_time() {
    let mut text = String::from("[all]\n");
    for host in 0..10_000 {
        text.push_str(&format!("h{host} ansible_host=10.0.0.1 rack=r{} fqdn=\"{{{{ inventory_hostname }}}}.x\"\n", host % 7));
    }
    for group in 0..100 {
        text.push_str(&format!("[g{group}]\nh[{}:{}]\n[g{group}:vars]\nn={group}\n", group * 100, group * 100 + 99));
    }
    let began = std::time::Instant::now();
    let inventory = of("hosts", &text);
    assert_eq!(inventory.hosts_of("all:!g0").map(|hosts| hosts.len()), Ok(9_900));
    let vars = inventory.vars().of("h4207").expect("a host");
    assert_eq!((&vars["n"], &vars["fqdn"]), (&Var::Known(json!(42)), &Var::Known(json!("h4207.x"))));
    assert!(began.elapsed().as_secs() < 20, "{:?}", began.elapsed());
    let chain: String = (0..20_000).map(|n| format!("[g{n}:children]\ng{}\n", n + 1)).collect();
    let said = load_one("hosts", &format!("{chain}[g20000]\nw1\n")).expect_err("too deep");
    assert!(said[0].message.contains("nested too deep"), "{said:#?}");
}
