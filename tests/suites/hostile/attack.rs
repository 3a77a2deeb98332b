//! Every hostile value in every place that a value may reach, under three shells, here and over SSH: the program gets
//! exactly its bytes, and not one of them runs.

use std::fmt::Write as _;

use super::values::{Canary, Hostile, groups, short_and_long};
use super::world::{Shell, World};

/// Words of a command line as they are written, and as the program must get them. `V` and `@` are the value.
const WORDS: &[(&str, &str)] =
    &[("{{ V }}", "@"), ("\"a {{ V }} b\"", "a @ b"), ("\"$(env printf '%s.' {{ V }})\"", "@."), ("\"$(cat <<END\n{{ V }}.\nEND\n)\"", "@.")];

const MORE_WORDS: &[(&str, &str)] = &[
    ("\"{{ V }}\"", "@"),
    ("a{{ V }}b", "a@b"),
    ("--x={{ V }}", "--x=@"),
    ("'a'{{ V }}\"b\"", "a@b"),
    ("\"$(printf '%s.' \"$(printf '%s.' \"{{ V }}\")\")\"", "@.."),
    ("${none:-{{ V }}}", "@"),
    ("\"${none:-a {{ V }}}\"", "a @"),
    ("\"$(cat <<END\n${none:-{{ V }}}.\nEND\n)\"", "@."),
    ("\"$(cat <<-END\n\t{{ V }}.\n\tEND\n)\"", "@."),
    ("\"$(x={{ V }}; case $x in ({{ V }}) env printf '%s.' \"$x\" ;; esac)\"", "@."),
    ("\"$(f() { for x do printf '%s.' \"$x\"; done; }; f {{ V }} {{ V }})\"", "@.@."),
    ("{{ [V, \"second\"] }}", "@\0second"),
    ("{{ V ~ \".\" }}", "@."),
    ("{{ [V] | first }}", "@"),
    ("{{ V | string }}", "@"),
    ("{{ V | default(\"other\") }}", "@"),
];

/// What is written for each value of a group, by the end of the file's name. The words come on top.
const FILES: &[(&str, &str)] = &[
    ("require", "@\0"),
    ("check", "@\0"),
    ("stdin", "@|"),
    ("env", "@\0"),
    ("verify", "@\0"),
    ("undo", "@\0"),
    ("undo-env", "@\0"),
    ("seen", "@|"),
    ("captured", "@|"),
    ("captured-undo", "@|"),
];

/// A form of text for each value of a group of `size`; `#` is its number.
fn each(size: usize, form: &str) -> String {
    (0..size).map(|number| form.replace('V', &format!("group.v[{number}]")).replace('#', &number.to_string())).collect()
}

/// A step has all places of a group's values. The last step fails, so that every undo runs.
fn runbook(world: &World, size: usize, words: &[(&str, &str)]) -> String {
    let words: String = words.iter().map(|(written, _)| format!(" {written}")).collect();
    let (words, bare, joined) = (each(size, &words), each(size, " {{ V }}"), each(size, "{{ V }}|"));
    let (env, sent, json) = (each(size, "HOSTILE_# = V\n"), each(size, " \"$HOSTILE_#\""), each(size, " {{ V | tojson }}"));
    format!(
        r#"
runbook hostile.attack "Hand values to programs" {{
  param groups: json
  param out: path
  target there: host = local
  shell "{shell}"
  {user}
  boundary all "All of it is undone" {{
    for group in groups {{
      step send "Send {{{{ group.v[0] }}}}" on there {{
        env     {{ {env} }}
        stdin   "{joined}"
        fact seen: string = `printf '%s|' {bare}`
        require "it is {{{{ group.v[0] }}}}" `env printf '%s\0' {bare} > {{{{ out }}}}/{{{{ group.name }}}}.require`
        check   `env printf '%s\0' {bare} > {{{{ out }}}}/{{{{ group.name }}}}.check; false`
        run ```
at={{{{ out }}}}/{{{{ group.name }}}}
cat > "$at.stdin"
env printf '%s\0' {sent} > "$at.env"
env printf '%s\0' {words} > "$at.words"
printf '%s\0' {json} > "$at.json"
printf %s {{{{ seen }}}} > "$at.seen"
printf '%s|' {bare}
```
        verify  `env printf '%s\0' {bare} > {{{{ out }}}}/{{{{ group.name }}}}.verify`
        capture got: string
        undo ```
at={{{{ out }}}}/{{{{ group.name }}}}
env printf '%s\0' {bare} >> "$at.undo"
env printf '%s\0' {sent} > "$at.undo-env"
```
      }}
      step back on there {{
        when got is defined
        run  `printf %s "${{none:-{{{{ got }}}}}}" > {{{{ out }}}}/{{{{ group.name }}}}.captured`
        undo `printf %s {{{{ got }}}} > {{{{ out }}}}/{{{{ group.name }}}}.captured-undo`
      }}
    }}
    step fails on there {{ run `exit 3`; undo none "nothing was done" }}
  }}
}}
"#,
        shell = world.shell.word(),
        user = world.user.map(|user| format!("as \"{user}\"")).unwrap_or_default(),
    )
}

fn wanted(form: &str, group: &[Hostile]) -> String {
    group.iter().map(|hostile| form.split('@').collect::<Vec<_>>().join(&hostile.value)).collect()
}

/// What did not arrive as it was sent, a line each.
fn differences(world: &World, groups: &[Vec<Hostile>], words: &[(&str, &str)]) -> String {
    let words: String = words.iter().map(|(_, received)| format!("{received}\0")).collect();
    let mut told = String::new();
    for group in groups {
        let name = &group[0].name;
        let json = group.iter().map(|hostile| serde_json::to_string(&hostile.value).expect("JSON") + "\0").collect();
        let fixed = [("words", wanted(&words, group)), ("json", json)];
        for (end, wanted) in FILES.iter().map(|(end, form)| (*end, wanted(form, group))).chain(fixed) {
            let got = std::fs::read(world.desk.path("out").join(format!("{name}.{end}"))).unwrap_or_default();
            if let Some(at) = wanted.bytes().zip(got.iter().copied().chain([0; 8])).position(|(a, b)| a != b) {
                let near = |bytes: &[u8]| String::from_utf8_lossy(&bytes[at.saturating_sub(40).min(bytes.len())..(at + 40).min(bytes.len())]).into_owned();
                let _ = writeln!(told, "{name}.{end}: after {at} bytes …{:?}, wanted …{:?}", near(&got), near(wanted.as_bytes()));
            } else if got.len() != wanted.len() {
                let _ = writeln!(told, "{name}.{end}: {} bytes too many", got.len() - wanted.len());
            }
        }
    }
    told
}

fn sent(world: &World, canary: &Canary, groups: &[Vec<Hostile>], words: &[(&str, &str)]) {
    let file = world.desk.file("attack.runbook", runbook(world, groups[0].len(), words));
    let ran = world.run(&file, &["--params", &super::values::params(&world.desk, groups)]);
    canary.sings_not();
    let last: Vec<&str> = ran.err.lines().rev().take(30).collect();
    assert_eq!(ran.status, 4, "it failed at its end, and all was undone: {last:#?}");
    let told = differences(world, groups, words);
    assert!(told.is_empty(), "{:?}: {told:.5000}", world.shell);
}

fn attack(world: &World) {
    let canary = Canary::new(&world.desk);
    let (short, long) = short_and_long(&canary);
    let all = [WORDS, MORE_WORDS].concat();
    sent(world, &canary, &groups(short, 12), &all);
    sent(world, &canary, &groups(long, 1), WORDS);
}

#[test]
fn no_byte_of_a_hostile_value_runs_under_dash() {
    attack(&World::local(Shell::Dash));
}

#[test]
fn no_byte_of_a_hostile_value_runs_under_bash() {
    attack(&World::local(Shell::Bash));
}

#[test]
fn no_byte_of_a_hostile_value_runs_under_busybox() {
    attack(&World::local(Shell::Busybox));
}

#[test]
fn no_byte_of_a_hostile_value_runs_over_ssh_under_dash() {
    attack(&World::ssh(Shell::Dash));
}

#[test]
fn no_byte_of_a_hostile_value_runs_over_ssh_under_bash() {
    attack(&World::ssh(Shell::Bash));
}

#[test]
fn no_byte_of_a_hostile_value_runs_over_ssh_under_busybox() {
    attack(&World::ssh(Shell::Busybox));
}

/// Through `sudo -n`.
#[test]
fn no_byte_of_a_hostile_value_runs_by_another_user() {
    attack(&World::local(Shell::Dash).by_another());
}

#[test]
fn no_byte_of_a_hostile_value_runs_by_another_user_over_ssh() {
    attack(&World::ssh(Shell::Bash).by_another());
}
