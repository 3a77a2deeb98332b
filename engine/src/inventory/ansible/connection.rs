//! What Ansible's connection variables come to for ssh. Of two names of one thing the later in these lists counts, as in
//! Ansible.

use std::collections::BTreeSet;

use serde_json::Value as Json;

use super::super::vars::Var;
use super::super::way::Way;
use super::tree::Vars;
use super::words_of;
use crate::plan::model::LOCAL;
use crate::value::Type;

const HOST: [&str; 2] = ["ansible_host", "ansible_ssh_host"];
const PORT: [&str; 2] = ["ansible_port", "ansible_ssh_port"];
const USER: [&str; 2] = ["ansible_user", "ansible_ssh_user"];
const KEY: [&str; 2] = ["ansible_private_key_file", "ansible_ssh_private_key_file"];
const ARGS: [&str; 3] = ["ansible_ssh_args", "ansible_ssh_common_args", "ansible_ssh_extra_args"];

/// What would have to be typed where nobody is asked.
const PASSWORDS: [&str; 8] = [
    "ansible_password",
    "ansible_ssh_pass",
    "ansible_ssh_password",
    "ansible_ssh_private_key",
    "ansible_private_key",
    "ansible_ssh_private_key_passphrase",
    "ansible_private_key_passphrase",
    "ansible_sshpass_prompt",
];

/// Options of ssh with a value, and without one, that a way may have. Forwardings, terminals and commands are not among
/// them: they are the engine's.
const WITH_VALUE: &str = "bBcEeIJlmop";
const WITHOUT: &str = "46AaCKkqxyTXY";

/// What a person should know of an inventory, once for all its hosts.
pub(super) type Notes = BTreeSet<String>;

/// How the host is reached, or why it can't be.
pub(super) fn way(host: &str, vars: &Vars, folder: &str, notes: &mut Notes) -> Result<Way, String> {
    let mut way = Way::default();
    if vars.keys().any(|name| name.starts_with("ansible_become")) {
        notes.insert("`ansible_become…` is not read: a step says `as USER`, and `sudo -n` must do without a password".to_owned());
    }
    match text(vars, &["ansible_connection"])?.as_deref() {
        None | Some("ssh" | "smart" | "paramiko" | "paramiko_ssh" | "ansible.builtin.ssh" | "ansible.builtin.paramiko_ssh") => {}
        Some("local" | "ansible.builtin.local") => return Ok(Way { here: host != LOCAL, ..Way::default() }),
        Some(other) => return Err(format!("`ansible_connection` is `{other}`, and hosts are reached by ssh alone")),
    }
    if let Some(name) = PASSWORDS.iter().find(|name| vars.contains_key(**name)) {
        return Err(format!(
            "`{name}` is set, and nobody types a password or hands over a key here: give the host a key of yours (`ssh-copy-id`, an agent), and take the variable out"
        ));
    }
    if vars.contains_key("ansible_ssh_executable") {
        return Err("`ansible_ssh_executable` is set, and the program is always `ssh`".to_owned());
    }
    way.address = text(vars, &HOST)?.filter(|address| address != host);
    if let Some(address) = way.address.as_ref().filter(|address| Type::Host.read(address).is_err()) {
        return Err(format!("`{address}` is no address of a host"));
    }
    if let Some(port) = text(vars, &PORT)? {
        way.port = Some(port.parse().ok().filter(|port| *port > 0).ok_or_else(|| format!("`{port}` is no port: it is 1 to 65535"))?);
    }
    way.user = text(vars, &USER)?;
    if let Some(user) =
        way.user.as_ref().filter(|user| user.is_empty() || user.starts_with('-') || user.contains(|c: char| c.is_whitespace() || c.is_control()))
    {
        return Err(format!("`{user}` is no name of a user"));
    }
    way.key = text(vars, &KEY)?;
    for name in ARGS {
        if let Some(args) = text(vars, &[name])? {
            add_args(&mut way, name, &args, notes)?;
        }
    }
    if matches!(vars.get("ansible_host_key_checking").or(vars.get("ansible_ssh_host_key_checking")), Some(Var::Known(Json::Bool(false)))) {
        notes.insert("`ansible_host_key_checking` is passed over: host keys are always verified".to_owned());
    }
    if host == LOCAL && way != Way::default() {
        return Err("`local` is the machine that runs the engine: give the host another name".to_owned());
    }
    let is_relative = |path: &String| !path.starts_with(['/', '~']);
    if way.key.as_ref().is_some_and(is_relative) || way.config.as_ref().is_some_and(is_relative) || !way.args.is_empty() {
        way.folder = Some(folder.to_owned());
    }
    Ok(way)
}

/// The last of these names that is set.
fn text(vars: &Vars, names: &[&str]) -> Result<Option<String>, String> {
    let Some((name, var)) = names.iter().rev().find_map(|name| Some((name, vars.get(*name)?))) else { return Ok(None) };
    match var {
        Var::Known(Json::String(text)) => Ok(Some(text.trim().to_owned()).filter(|text| !text.is_empty())),
        Var::Known(Json::Number(n)) => Ok(Some(n.to_string())),
        Var::Known(Json::Null) => Ok(None),
        Var::Known(_) => Err(format!("`{name}` is no text")),
        Var::Withheld(why) => Err(format!("{why} (`{name}`)")),
    }
}

/// `-o …`, `-J …`, `-F …` and the like.
fn add_args(way: &mut Way, name: &str, args: &str, notes: &mut Notes) -> Result<(), String> {
    let words = words_of(args).ok_or_else(|| format!("`{name}` has a quote without its end"))?;
    let mut words = words.into_iter();
    while let Some(word) = words.next() {
        let mut chars = word.chars();
        let (Some('-'), Some(letter)) = (chars.next(), chars.next()) else { return Err(format!("`{name}` has `{word}`, which is no option of ssh")) };
        let joined = chars.as_str();
        if WITHOUT.contains(letter) && joined.is_empty() {
            way.args.push(word);
            continue;
        }
        if letter != 'F' && !WITH_VALUE.contains(letter) {
            return Err(format!("`{name}` has `{word}`, which is not taken over: only how the host is reached can be said, such as `-o`, `-J` and `-F`"));
        }
        let value = if joined.is_empty() { words.next() } else { Some(joined.to_owned()) };
        let value = value.filter(|value| !value.is_empty()).ok_or_else(|| format!("`{name}` ends with `{word}`, which wants a value"))?;
        match letter {
            'F' => way.config = Some(value),
            'o' if weakens(&value) => {
                notes.insert(format!("`{value}` in `{name}` is passed over: host keys are always verified"));
            }
            _ => way.args.extend([format!("-{letter}"), value]),
        }
    }
    Ok(())
}

/// Whether an option would take any key of a host.
fn weakens(option: &str) -> bool {
    let (name, value) = option.split_once(['=', ' ']).unwrap_or((option, ""));
    let value = value.trim_matches([' ', '=', '"']).to_ascii_lowercase();
    match name.trim().to_ascii_lowercase().as_str() {
        "stricthostkeychecking" => matches!(value.as_str(), "no" | "off" | "false"),
        "userknownhostsfile" | "globalknownhostsfile" => value == "/dev/null",
        "checkhostip" | "nohostauthenticationforlocalhost" => true,
        _ => false,
    }
}

/// Whether a var is by its name, or by a name inside it, something that must not be kept with a run.
pub(super) fn is_secret(name: &str, value: &Json) -> bool {
    let name = name.to_ascii_lowercase();
    let ends = ["password", "passwd", "passphrase", "secret", "token", "private_key", "api_key", "ansible_ssh_pass", "become_pass", "sudo_pass"];
    let says = |name: &str| ends.iter().any(|end| name.ends_with(end));
    match value {
        Json::Object(object) => says(&name) || object.iter().any(|(inner, value)| is_secret(inner, value)),
        Json::Array(items) => items.iter().any(|item| is_secret(&name, item)),
        Json::Null | Json::Bool(_) => false,
        _ => says(&name),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn of(vars: &Json) -> (Result<Way, String>, Vec<String>) {
        let vars = vars.as_object().expect("an object").iter().map(|(name, value)| (name.clone(), Var::Known(value.clone()))).collect();
        let mut notes = Notes::new();
        let way = way("web1", &vars, "/srv", &mut notes);
        (way, notes.into_iter().collect())
    }

    #[test]
    fn connection_variables_become_the_words_of_ssh() {
        for (vars, words, destination) in [
            (json!({}), vec![], "web1"),
            (json!({"ansible_host": "10.0.0.5", "ansible_port": "2222", "ansible_user": "ops"}), vec!["-p", "2222", "-l", "ops"], "10.0.0.5"),
            (json!({"ansible_host": "a", "ansible_ssh_host": "b"}), vec![], "b"),
            (json!({"ansible_ssh_private_key_file": "~/.ssh/k"}), vec!["-i", "~/.ssh/k"], "web1"),
            (
                json!({"ansible_ssh_common_args": "-J bastion", "ansible_ssh_extra_args": "-oCompression=yes -4"}),
                vec!["-J", "bastion", "-o", "Compression=yes", "-4"],
                "web1",
            ),
            (json!({"ansible_ssh_common_args": "-o ProxyCommand=\"ssh -W %h:%p -q gate\""}), vec!["-o", "ProxyCommand=ssh -W %h:%p -q gate"], "web1"),
            (
                json!({"ansible_ssh_common_args": "-o StrictHostKeyChecking=no -o UserKnownHostsFile=/dev/null -o ConnectTimeout=3"}),
                vec!["-o", "ConnectTimeout=3"],
                "web1",
            ),
            (json!({"ansible_connection": "ssh", "ansible_host": "", "ansible_port": null}), vec![], "web1"),
        ] {
            let way = of(&vars).0.unwrap_or_else(|why| panic!("{vars}: {why}"));
            assert_eq!((way.words(), way.destination("web1")), (words.into_iter().map(str::to_owned).collect(), destination), "{vars}");
        }
        assert_eq!(
            of(&json!({"ansible_ssh_common_args": "-F gate.conf"})).0.map(|way| (way.config, way.folder)),
            Ok((Some("gate.conf".into()), Some("/srv".into())))
        );
        assert_eq!(of(&json!({"ansible_connection": "local", "ansible_password": "x"})).0.map(|way| way.here), Ok(true));
    }

    #[test]
    fn what_ssh_can_not_do_alone_is_refused_with_what_to_do() {
        for (vars, why) in [
            (json!({"ansible_connection": "winrm"}), "by ssh alone"),
            (json!({"ansible_password": "hunter2"}), "ssh-copy-id"),
            (json!({"ansible_ssh_pass": "hunter2"}), "ssh-copy-id"),
            (json!({"ansible_port": 0}), "1 to 65535"),
            (json!({"ansible_port": "ssh"}), "1 to 65535"),
            (json!({"ansible_host": "-oProxyCommand=x"}), "no address"),
            (json!({"ansible_user": "a b"}), "no name of a user"),
            (json!({"ansible_host": ["a"]}), "no text"),
            (json!({"ansible_ssh_common_args": "-L 80:x:80"}), "not taken over"),
            (json!({"ansible_ssh_common_args": "bastion"}), "no option"),
            (json!({"ansible_ssh_common_args": "-o"}), "wants a value"),
            (json!({"ansible_ssh_common_args": "-o 'x"}), "a quote"),
            (json!({"ansible_ssh_executable": "/opt/ssh"}), "always `ssh`"),
        ] {
            let said = of(&vars).0.expect_err("refused");
            assert!(said.contains(why) && !said.contains("hunter2"), "{vars}: {said}");
        }
    }

    #[test]
    fn what_is_passed_over_is_noted() {
        assert!(of(&json!({"ansible_ssh_common_args": "-o StrictHostKeyChecking=no"})).1[0].contains("always verified"));
        assert!(of(&json!({"ansible_host_key_checking": false})).1[0].contains("always verified"));
        assert!(of(&json!({"ansible_become": true})).1[0].contains("as USER"));
        assert_eq!(of(&json!({"ansible_ssh_common_args": "-o StrictHostKeyChecking=accept-new"})).1, [""; 0]);
    }

    #[test]
    fn secrets_are_known_by_their_names() {
        for (name, value, wanted) in [
            ("db_password", json!("x"), true),
            ("ansible_become_pass", json!("x"), true),
            ("api_key", json!("x"), true),
            ("users", json!([{"name": "a", "password": "b"}]), true),
            ("password_file", json!("/etc/x"), false),
            ("reset_password", json!(false), false),
            ("proxy_pass", json!("http://x"), false),
        ] {
            assert_eq!(is_secret(name, &value), wanted, "{name}");
        }
    }
}
