//! Values are bound, never pasted.

mod attack;
mod fields;
mod property;
mod values;
mod world;

use crate::harness::desk::Desk;
use crate::harness::sshd::Sshd;

const HOSTILE: &str = r#"it's; rm -rf "$HOME" $(id)"#;

/// A program that writes each of its arguments between markers.
const RUNBOOK: &str = r#"
runbook hostile.words "Write words down" {
  param word: string
  param out: path
  target there: host = local
  step bare on there { run `printf '<%s>\n' {{ word }} > {{ out }}.bare` }
  step quoted on there { run `printf '<%s>\n' "a {{ word }} b" > {{ out }}.quoted` }
  step inside on there { run `printf '<%s>\n' "$(printf '%s' {{ word }})" > {{ out }}.inside` }
  step here on there {
    run ```
      cat > {{ out }}.here <<END
      {{ word }}
      END
      ```
  }
}
"#;

fn check(desk: &Desk, more: &[&str]) {
    let file = desk.file("words.runbook", RUNBOOK);
    let word = format!("word={HOSTILE}");
    let out = format!("out={}", desk.path("out").display());
    let file = file.to_string_lossy().into_owned();
    let ran = desk.runbook(["run", &file, "-p", &word, "-p", &out].iter().chain(more));
    assert_eq!(ran.status, 0, "{ran:?}");
    assert_eq!(desk.read("out.bare"), format!("<{HOSTILE}>\n"));
    assert_eq!(desk.read("out.quoted"), format!("<a {HOSTILE} b>\n"));
    assert_eq!(desk.read("out.inside"), format!("<{HOSTILE}>\n"));
    assert_eq!(desk.read("out.here"), format!("{HOSTILE}\n"));
    assert!(desk.home().exists(), "nothing was removed");
}

#[test]
fn a_hostile_parameter_arrives_as_one_word_locally() {
    check(&Desk::new(), &[]);
}

#[test]
fn a_hostile_parameter_arrives_as_one_word_over_ssh() {
    let sshd = Sshd::start(&["box"]);
    let config = sshd.config().to_string_lossy().into_owned();
    check(&Desk::new(), &["--ssh-config", &config, "--target", "there=box"]);
}

/// Where a value would be code, a name, a number's program, or no value at all, with the code that says so. The table of
/// `docs/keeper.md`, row by row.
const REFUSED: &[&str] = &[
    "echo '{{ word }}'",
    "echo $'{{ word }}'",
    "echo $\"{{ word }}\"",
    "echo ${{ word }}",
    "echo x # {{ word }}",
    "cat <<'END'\n    {{ word }}\n    END",
    "cat <<\\END\n    {{ word }}\n    END",
    "sh <<END\n    {{ word }}\n    END",
    "ssh box <<END\n    {{ word }}\n    END",
    "mysql <<END\n    {{ word }}\n    END",
    "cat <<END | bash\n    {{ word }}\n    END",
    "cat <<{{ word }}\n    x\n    {{ word }}",
    "echo {{ word }} | sh",
    "echo $(( {{ word }} ))",
    "(( {{ word }} ))",
    "let {{ word }}",
    "[[ 1 -eq {{ word }} ]]",
    "[[ x =~ {{ word }} ]]",
    "x[{{ word }}]=1",
    "echo ${x[{{ word }}]}",
    "echo ${x:{{ word }}:1}",
    "declare -i x={{ word }}",
    "declare {{ word }}",
    "export {{ word }}",
    "unset {{ word }}",
    "read -r {{ word }}",
    "printf -v {{ word }} x",
    "test -v {{ word }}",
    "[[ -v {{ word }} ]]",
    "mapfile {{ word }}",
    "getopts ab {{ word }}",
    "eval {{ word }}",
    "eval \"echo {{ word }}\"",
    "trap {{ word }} EXIT",
    "alias x={{ word }}",
    ". {{ word }}",
    "source {{ word }}",
    "PS4={{ word }}",
    "ENV={{ word }} sh",
    "BASH_ENV={{ word }} bash -c true",
    "sh -c \"echo {{ word }}\"",
    "sh -c {{ word }}",
    "bash -lc {{ word }}",
    "env sh -c {{ word }}",
    "timeout 5 bash -c {{ word }}",
    "sudo -u x sh -c {{ word }}",
    "su -c {{ word }} x",
    "ssh box {{ word }}",
    "echo x | xargs sh -c {{ word }}",
    "find . -exec sh -c {{ word }} \\;",
    "docker exec x sh -c {{ word }}",
    "kubectl exec x -- sh -c {{ word }}",
    "{{ word }} now",
    "{{ word }}() { :; }",
    "printf {{ word }}",
    "cd ~{{ word }}",
    "x={{ word }}; eval \"$x\"",
    "x={{ word }}; echo $(( x ))",
];

#[test]
fn a_value_where_it_would_be_code_is_refused_before_anything_runs() {
    let desk = Desk::new();
    let mut let_through = Vec::new();
    for place in REFUSED {
        let text = format!("runbook a \"A\" {{\n  param word: string = \"x\"\n  step s on local {{ run ```\n    touch ran\n    {place}\n    ``` }}\n}}\n");
        let file = desk.file("refused.runbook", text);
        let ran = desk.runbook(["run".as_ref(), file.as_os_str()]);
        if ran.status != 2 || !ran.err.contains("RB02") {
            let_through.push((*place, ran));
        }
        assert!(!desk.path("ran").exists(), "{place}");
    }
    assert!(let_through.is_empty(), "{let_through:#?}");
}
