//! Values are bound, never pasted.

mod attack;
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

#[test]
fn a_value_where_it_would_be_code_is_refused_before_anything_runs() {
    let desk = Desk::new();
    for place in ["echo '{{ word }}'", "echo $(( {{ word }} ))", "eval {{ word }}", "sh -c \"echo {{ word }}\"", "{{ word }} now", "echo \\{{ word }}x` # `"] {
        let text = format!("runbook a \"A\" {{\n  param word: string = \"x\"\n  step s on local {{ run ```\n    touch ran\n    {place}\n    ``` }}\n}}\n");
        let file = desk.file("refused.runbook", text);
        let ran = desk.runbook(["run".as_ref(), file.as_os_str()]);
        // An escaped brace is text and no value at all.
        let is_text = place.starts_with("echo \\");
        assert!(is_text || ran.status == 2, "{place}: {ran:?}");
        assert!(is_text || !desk.path("ran").exists());
    }
}
