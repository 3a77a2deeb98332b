//! Values are bound, never pasted.

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

/// More than a hundred values that have broken something somewhere, each with the reason why it is there.
fn attacks() -> Vec<(String, String)> {
    let text = include_str!("../data/hostile.json");
    let list: Vec<serde_json::Value> = serde_json::from_str(text).expect("a list");
    list.iter().map(|one| (one["value"].as_str().expect("a value").to_owned(), one["why"].as_str().expect("a reason").to_owned())).collect()
}

/// JSON in which every sign that a reader could stumble over is escaped.
fn ascii(value: &serde_json::Value) -> String {
    let mut out = String::new();
    for c in value.to_string().chars() {
        if (' '..='~').contains(&c) {
            out.push(c);
        } else {
            c.encode_utf16(&mut [0; 2]).iter().for_each(|unit| out.push_str(&format!("\\u{unit:04x}")));
        }
    }
    out
}

/// Every context in which a value may stand, each for every value; a folder `X` is the canary.
fn attack_runbook(shell: &str, home: &str) -> String {
    format!(
        r#"runbook hostile.attack "Try them all" {{
  param values: json
  param out: path
  target there: host = local
  shell "{shell}"
  cwd   "{home}"
  for v in values {{
    step bare-{shell} "{{{{ v }}}}" on there {{
      env   {{ E = v }}
      stdin "{{{{ v }}}}"
      run ```
        {{ printf '<%s>' {{{{ v }}}} "{{{{ v }}}}" x{{{{ v }}}}y "$(printf '%s|' {{{{ v }}}})" "$E" "$(cat; printf '|')"
        for i in {{{{ v }}}}; do printf '<%s>' "$i"; done
        case {{{{ v }}}} in {{{{ v }}}}) printf '<same>';; esac
        a={{{{ v }}}}; printf '<%s>' "$a" "${{u:-{{{{ v }}}}}}"
        sh -c 'printf "<%s>" "$1"' sh {{{{ v }}}}
        cat <<END
        {{{{ v }}}}|
        END
        }} >> {{{{ out }}}}
        ```
      undo none "a test"
    }}
  }}
}}
"#
    )
}

fn attack(desk: &Desk, shell: &str, more: &[&str]) {
    let home = desk.path("canary");
    std::fs::create_dir_all(&home).expect("a folder");
    let file = desk.file(&format!("attack-{shell}.runbook"), attack_runbook(shell, &home.display().to_string())).display().to_string();
    let values: Vec<String> = attacks().into_iter().map(|(value, _)| value).collect();
    let params = desk.file("params.json", ascii(&serde_json::json!({ "values": values, "out": desk.path("out").display().to_string() }))).display().to_string();
    let _ = std::fs::remove_file(desk.path("out"));
    let ran = desk.runbook(["run", &file, "--params", &params].iter().chain(more));
    assert_eq!(ran.status, 0, "{shell}: {}", ran.err);
    let mut expected = String::new();
    for v in &values {
        let line = |text: &str| format!("<{text}>");
        for text in
            [v.clone(), v.clone(), format!("x{v}y"), format!("{v}|"), v.clone(), format!("{v}|"), v.clone(), "same".to_owned(), v.clone(), v.clone(), v.clone()]
        {
            expected.push_str(&line(&text));
        }
        expected.push_str(&format!("{v}|\n"));
    }
    let out = desk.read("out");
    let differs = out.bytes().zip(expected.bytes()).position(|(a, b)| a != b).unwrap_or(out.len().min(expected.len()));
    let from = |text: &str| String::from_utf8_lossy(&text.as_bytes()[differs.saturating_sub(40).min(text.len())..(differs + 60).min(text.len())]).into_owned();
    assert!(out == expected, "{shell}: {:?} instead of {:?}", from(&out), from(&expected));
    let canaries = |folder: &std::path::Path| std::fs::read_dir(folder).expect("a folder").flatten().filter(|e| e.file_name() == "X").count();
    assert_eq!(canaries(&home) + canaries(&desk.path("")), 0, "{shell}: something ran");
    assert!(!std::path::Path::new("/X").exists());
}

#[test]
fn no_attack_of_a_hundred_runs_or_changes_on_its_way_locally() {
    assert!(attacks().len() >= 100 && attacks().iter().all(|(_, why)| !why.is_empty()));
    let desk = Desk::new();
    for shell in ["bash", "sh"] {
        attack(&desk, shell, &[]);
    }
}

#[test]
fn no_attack_of_a_hundred_runs_or_changes_on_its_way_over_ssh() {
    let sshd = Sshd::start(&["box"]);
    let config = sshd.config().to_string_lossy().into_owned();
    let desk = Desk::new();
    for shell in ["bash", "sh"] {
        attack(&desk, shell, &["--ssh-config", &config, "--target", "there=box"]);
    }
}

#[test]
fn a_hostile_name_of_a_host_a_user_or_a_path_is_refused_or_taken_as_it_is() {
    let desk = Desk::new();
    for (value, _) in attacks() {
        for argument in [format!("there={value}"), "there=local".to_owned()] {
            let text = "runbook a \"A\" {\n  target there: host\n  param f: string\n  step s on there { cwd \"{{ f }}\"; check `false`; verify `true`; run `true`; undo none \"x\" }\n}\n";
            let file = desk.file("a.runbook", text).display().to_string();
            let params = desk.file("p.json", ascii(&serde_json::json!({ "f": value }))).display().to_string();
            let ran = desk.runbook(["plan", &file, "--params", &params, "--target", &argument]);
            assert!(matches!(ran.status, 0 | 2), "{value:?}: {ran:?}");
        }
    }
    assert!(!desk.path("X").exists());
}
