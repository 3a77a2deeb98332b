//! The promise itself, in real shells: whatever stands in a value, nothing of it runs, and the program gets exactly
//! the value (keeper page, scenario 15).

use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};

use proptest::prelude::*;

use super::*;

const SHELLS: [&[&str]; 3] = [&["dash"], &["bash"], &["busybox", "sh"]];

/// Prints its arguments, each with a NUL behind it.
const PRELUDE: &str = "set -eu\nD=$PWD\nshow() { for a do printf '%s\\0' \"$a\"; done; }\n";

#[derive(Clone, Copy, PartialEq)]
enum In {
    All,
    BashAndBusybox,
    Bash,
}

/// A command, what `show` must see of it (`@` is the value), where it can run, and whether what a person is shown
/// does the same.
const CONTEXTS: &[(&str, &[&str], In, bool)] = &[
    ("show {{ v }}", &["@"], In::All, true),
    ("show -- {{ u }} {{ v }}", &["--", "@", "@"], In::All, true),
    ("show --x={{ v }}", &["--x=@"], In::All, true),
    ("show a{{ v }}b", &["a@b"], In::All, true),
    ("show 'a'{{ v }}'b'", &["a@b"], In::All, true),
    ("x={{ v }}; show \"$x\"", &["@"], In::All, true),
    ("x={{ v }} sh -c 'printf \"%s\\0\" \"$x\"'", &["@"], In::All, true),
    ("export E={{ v }}; show \"$E\"", &["@"], In::All, true),
    ("f() { local z={{ v }}; show \"$z\"; }; f", &["@"], In::All, true),
    ("for x in {{ v }}; do show \"$x\"; done", &["@"], In::All, true),
    ("for x in {{ l }}; do show \"$x\"; done", &["@", "second item"], In::All, true),
    ("show {{ l }}", &["@", "second item"], In::All, true),
    ("set -- {{ v }}; show \"$@\"", &["@"], In::All, true),
    ("IFS=a1; show {{ v }}", &["@"], In::All, true),
    ("case {{ v }} in *) show {{ v }};; esac", &["@"], In::All, true),
    ("case {{ v }} in {{ v }}) show yes;; *) show no;; esac", &["yes"], In::All, true),
    ("case \"x{{ v }}\" in x{{ v }}) show yes;; *) show no;; esac", &["yes"], In::All, true),
    ("[ {{ v }} = {{ v }} ] && show yes", &["yes"], In::All, true),
    ("[ -n x{{ v }} ] && show yes", &["yes"], In::All, true),
    ("[[ {{ v }} == {{ v }} ]] && show yes", &["yes"], In::Bash, true),
    ("[[ -n x{{ v }} ]] && show yes", &["yes"], In::BashAndBusybox, true),
    ("show \"$(cat <<< {{ v }}; printf .)\"", &["@\n."], In::Bash, true),
    ("a=({{ v }} {{ l }}); show \"${a[@]}\"", &["@", "@", "second item"], In::Bash, false),
    ("show {a,b}{{ v }}", &["a@", "b@"], In::Bash, true),
    ("show \"a {{ v }} b\"", &["a @ b"], In::All, true),
    ("show \"{{ v }}\"", &["@"], In::All, true),
    ("show \"\\${{ v }}\"", &["$@"], In::All, true),
    ("show \"$(printf '%s.' {{ v }})\"", &["@."], In::All, true),
    ("show \"$(printf '%s.' \"$(printf '%s.' \"{{ v }}\")\")\"", &["@.."], In::All, true),
    ("show ${x:-{{ v }}}", &["@"], In::All, false),
    ("show \"${x:-{{ v }}}\"", &["@"], In::All, false),
    ("show \"${x:-a {{ v }} b}\"", &["a @ b"], In::All, false),
    ("x=abc; show ${x:+{{ v }}}", &["@"], In::All, false),
    (": \"${y:={{ v }}}\"; show \"$y\"", &["@"], In::All, false),
    ("cat >$D/f <<EOF\na {{ v }}\nEOF\nshow \"$(cat $D/f; printf .)\"", &["a @\n."], In::All, false),
    ("cat >$D/f <<-EOF\n\t{{ v }}.\n\tEOF\nshow \"$(cat $D/f)\"", &["@."], In::All, false),
    ("cat >$D/f <<EOF\n${x:-{{ v }}}.\nEOF\nshow \"$(cat $D/f)\"", &["@."], In::All, false),
    ("cat >$D/f <<EOF\n$(printf %s. {{ v }}).\nEOF\nshow \"$(cat $D/f)\"", &["@.."], In::All, false),
    ("x={{ v }}tail; show ${x#{{ v }}}", &["tail"], In::All, false),
    ("x={{ v }}tail; show \"${x#{{ v }}}\"", &["tail"], In::All, false),
    ("x=pre{{ v }}; show \"${x%%{{ v }}}\"", &["pre"], In::All, false),
    ("sh -c 'printf \"%s\\0\" \"$1\"' sh {{ v }}", &["@"], In::All, true),
    ("env A={{ v }} sh -c 'printf \"%s\\0\" \"$A\"'", &["@"], In::All, true),
    ("timeout {{ t }} sh -c 'printf \"%s\\0\" \"$1\"' sh {{ v }}", &["@"], In::All, true),
    ("printf '%s\\0' {{ v }}", &["@"], In::All, true),
    ("printf '%s\\0' {{ v }} | cat", &["@"], In::All, true),
    ("show $(( {{ n }} + {{ t }} ))", &["97"], In::All, true),
    ("x=abcdefghij; show ${x:{{ n }}:1}", &["h"], In::BashAndBusybox, true),
    ("awk -v x={{ n }} 'BEGIN { printf \"%d%c\", x, 0 }'", &["7"], In::Bash, true),
];

const HOSTILE: &[&str] = &[
    "plain",
    "",
    "a[$(touch X)]",
    "$(touch X)",
    "`touch X`",
    "*",
    "-rf",
    "-v",
    "'",
    "\"",
    "a\nb",
    "\\",
    "\\\\\\",
    "EOF",
    "a\nEOF\ntouch X\n",
    "it's; rm -rf \"$HOME/nothing\" $(id >X)",
    "é ü 漢字 🦀",
    "$HOME ${PATH} ~ ~root",
    "x' ; touch X ; '",
    "\" ; touch X ; \"",
    "}; touch X; {",
    ")) ; touch X ; ((",
    "a=b [x]=y (touch X) &",
    " leading and trailing ",
    "! # % & |",
    "@(a|b) [a-z]* ?",
    "=~ == -eq ]",
    "\u{7f}\t\r",
];

fn assignment(name: &str, value: &str) -> String {
    format!("{name}='{}'\n", value.replace('\'', "'\\''"))
}

/// As the keeper does it: values and script on the standard input of a shell that evaluates it.
fn run(shell: &[&str], folder: &Path, script: &str) -> Vec<u8> {
    let mut child = Command::new(shell[0])
        .args(&shell[1..])
        .args(["-c", "eval \"$(cat)\""])
        .current_dir(folder)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the shell is there");
    child.stdin.take().expect("piped").write_all(script.as_bytes()).expect("the shell reads");
    let output = child.wait_with_output().expect("the shell ends");
    [output.stdout, output.stderr].concat()
}

/// Every context with one value, each in a subshell, all in one run.
fn check(value: &str) {
    for shell in SHELLS {
        let folder = tempfile::tempdir().expect("a folder");
        let can_run = |contexts: In| match contexts {
            In::All => true,
            In::BashAndBusybox => shell[0] != "dash",
            In::Bash => shell[0] == "bash",
        };
        let (mut script, mut expected) = (PRELUDE.to_owned(), String::new());
        for (source, seen, _, shown) in CONTEXTS.iter().filter(|(_, _, contexts, _)| can_run(*contexts)) {
            let bound = compile(source).unwrap_or_else(|errors| panic!("{source}: {errors:?}")).bind(&values(value)).expect("binds");
            let values: String = bound.values.iter().map(|(name, value)| assignment(name, value)).collect();
            for (kind, command) in [("sent", values + &bound.script), ("shown", bound.shown)] {
                if kind == "sent" || *shown {
                    let title = format!("\u{1}{kind}: {source}\0");
                    script.push_str(&format!("(\nprintf '%s\\0' '{}'\n{command}\n)\n", title.trim_end_matches('\0').replace('\'', "'\\''")));
                    expected.push_str(&title);
                    expected.extend(seen.iter().map(|word| format!("{}\0", word.replace('@', value))));
                }
            }
        }
        let output = run(shell, folder.path(), &script);
        assert!(!folder.path().join("X").exists(), "{value:?} ran in {shell:?}");
        let output = String::from_utf8_lossy(&output);
        for (seen, wanted) in output.split('\u{1}').zip(expected.split('\u{1}')) {
            assert_eq!(seen, wanted, "{value:?} in {shell:?}");
        }
        assert_eq!(output, expected, "{value:?} in {shell:?}");
    }
}

#[test]
fn nothing_in_a_hostile_value_runs_and_the_program_gets_exactly_the_value() {
    for value in HOSTILE {
        check(value);
    }
}

fn fragments() -> impl Strategy<Value = String> {
    let fragment = prop_oneof![
        3 => prop::sample::select(HOSTILE).prop_map(str::to_owned),
        1 => "[ -~\n\té漢]{0,6}",
    ];
    prop::collection::vec(fragment, 0..5).prop_map(|parts| parts.concat())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 12, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn nothing_in_any_value_runs(value in fragments()) {
        check(&value);
    }
}

/// Pieces that make and break every context there is.
const PIECES: &[&str] = &[
    "{{ v }}",
    "{{ v }}",
    "{{ v }}",
    "{{ u }}",
    "{{ l }}",
    "{{ n }}",
    " ",
    " ",
    "echo ",
    "cat ",
    "x=",
    "a",
    "\"",
    "\"",
    "'",
    "`",
    "\\",
    "$",
    "$(",
    ")",
    "${x:-",
    "${x#",
    "${x/a/",
    "${a[",
    "]",
    "}",
    "$((",
    "))",
    "((",
    "[ ",
    " ]",
    "[[ ",
    " ]]",
    " = ",
    " == ",
    " =~ ",
    " -eq ",
    "; ",
    "\n",
    " | ",
    " | sh",
    " && ",
    "<<EOF\n",
    "<<'EOF'\n",
    "\nEOF\n",
    "<<< ",
    "> f",
    "# ",
    "eval ",
    "sh -c ",
    "sh -c 'echo \"$1\"' sh ",
    "bash ",
    "xargs ",
    "<(",
    ">(",
    "~",
    "{ ",
    "; }",
    "(",
    "for i in ",
    "; do echo $i; done",
    "case ",
    " in ",
    ") echo;; esac",
    "if ",
    "; then ",
    "; fi",
    "printf ",
    "read ",
    "declare -i ",
    "declare ",
    "local ",
    "export ",
    "test ",
    "$'",
    "$\"",
    "*",
    "=",
    "+=",
    "[0]=",
    "let ",
    "f() { ",
    "!",
    "-v ",
    "-c ",
    "set -- ",
    "env ",
    "command ",
    "trap ",
    "PS4=",
    "tee ",
    "@(",
];

/// What passes the check is run with values that would leave a folder behind. (A file proves nothing: `xargs tee` makes
/// one of any word.)
fn passes_only_if_harmless(source: &str) -> Result<bool, TestCaseError> {
    let Ok(script) = compile(source) else { return Ok(false) };
    for value in ["$(mkdir X)", "a[$(mkdir X)]", "x';mkdir X;'", "\";mkdir X;\"", ";mkdir X\nEOF\nmkdir X\n", "-v", "mkdir X", "`mkdir X`"] {
        let Ok(bound) = script.bind(&values(value)) else { continue };
        let assignments: String = bound.values.iter().map(|(name, value)| assignment(name, value)).collect();
        for shell in SHELLS {
            let folder = tempfile::tempdir().expect("a folder");
            run(shell, folder.path(), &format!("set -eu\n{assignments}{}", bound.script));
            prop_assert!(!folder.path().join("X").is_dir(), "{value:?} ran in {shell:?}: {source}\n{}", bound.script);
        }
    }
    Ok(true)
}

/// Commands that hold together, nested at random. They use `x` and `y` of their own, unset or empty.
fn commands() -> impl Strategy<Value = String> {
    let leaf = prop::sample::select(
        &[
            "{{ v }}",
            "{{ v }}",
            "{{ u }}",
            "{{ n }}",
            "{{ l }}",
            "a",
            "$x",
            "\"b {{ v }}\"",
            "'c'",
            "*",
            "~",
            "-v",
            "x={{ v }}",
            "$(( {{ n }} ))",
            "x[{{ v }}]",
            "\\a",
        ][..],
    )
    .prop_map(str::to_owned);
    let word = leaf.prop_recursive(4, 12, 3, |word| {
        let pair = (word.clone(), word.clone());
        prop_oneof![
            pair.prop_map(|(a, b)| format!("{a}{b}")),
            word.clone().prop_map(|w| format!("\"{w}\"")),
            word.clone().prop_map(|w| format!("\"p {w} q\"")),
            word.clone().prop_map(|w| format!("'{w}'")),
            word.clone().prop_map(|w| format!("$(echo {w})")),
            word.clone().prop_map(|w| format!("\"$(echo {w})\"")),
            word.clone().prop_map(|w| format!("$(cat <<EOF\n{w}\nEOF\n)")),
            word.clone().prop_map(|w| format!("`echo {w}`")),
            (prop::sample::select(&[":-", ":+", "-", "#", "%%", ":=", "//", "^^", ":"][..]), word.clone()).prop_map(|(sign, w)| format!("${{x{sign}{w}}}")),
            (prop::sample::select(&[":-", "#", "%", "/"][..]), word.clone()).prop_map(|(sign, w)| format!("\"${{x{sign}{w}}}\"")),
            word.clone().prop_map(|w| format!("$(( {w} + 1 ))")),
            word.clone().prop_map(|w| format!("${{y[{w}]}}")),
            word.clone().prop_map(|w| format!("{{{w},z}}")),
            word.clone().prop_map(|w| format!("@({w}|z)")),
            word.prop_map(|w| format!("<(echo {w})")),
        ]
    });
    let two = (word.clone(), word.clone());
    let simple = (prop::sample::select(SIMPLE), two).prop_map(|(form, (a, b))| form.replace('1', &a).replace('2', &b));
    simple.prop_recursive(2, 6, 2, |command| {
        (prop::sample::select(COMPOUND), command.clone(), command).prop_map(|(form, a, b)| form.replace('1', &a).replace('2', &b))
    })
}

const SIMPLE: &[&str] = &[
    "echo 1 2",
    "echo 1 2",
    "x=1; echo \"$x\" 2",
    "x=1 env",
    "cat <<EOF\n1\n2\nEOF\n",
    "cat <<'EOF'\n1\nEOF\n",
    "cat <<-EOF\n\t1\n\tEOF\n",
    "cat <<< 1",
    "echo 1 > f2",
    "[ 1 = 2 ]",
    "[ -n 1 ]",
    "[ 1 -eq 2 ]",
    "[ 1 2 ]",
    "[[ 1 == 2 ]]",
    "[[ 1 =~ 2 ]]",
    "[[ 1 -lt 2 ]]",
    "[[ -v 1 ]]",
    "test 1",
    "printf 1 2",
    "printf %s 1 2",
    "printf -v 1 2",
    "eval 1 2",
    "sh -c 1 2",
    "sh -c 'echo \"$1\"' sh 1 2",
    "bash -c 'echo \"$@\"' 1 2",
    "env sh -c 1",
    "xargs sh -c 1 2",
    "read 1",
    "export 1",
    "export x=1",
    "declare 1",
    "declare -i x=1",
    "declare -a x=1",
    "declare x=1",
    "local x=1",
    "y=(1 2)",
    "y=([1]=2)",
    "y[1]=2",
    "let 1",
    "(( 1 ))",
    "shift 1",
    "exit 1",
    "set -- 1 2; echo \"$@\"",
    "set 1",
    "trap 1 EXIT",
    "trap 'echo bye' EXIT; echo 1",
    "alias x=1",
    ". 1",
    "1 2",
    "command 1",
    "command echo 1",
    "exec echo 1 2",
    "PS4=1; set -x; echo 2",
    "unset 1",
    "case 1 in 2) echo y;; esac",
    "case a in 1|2) echo y;; esac",
    "for i in 1 2; do echo \"$i\"; done",
    "select i in 1; do break; done",
    "for (( i = 1; i < 2; i++ )); do break; done",
    "find . -name 1 -exec echo 2 \\;",
    "awk 1 2",
    "awk -v x=1 'BEGIN { print x }'",
    "echo 1 # 2",
    "time echo 1",
    "! echo 1",
    "coproc echo 1",
    "f() { echo \"$1\" 2; }; f 1",
    "echo 1 &",
    "timeout 1 echo 2",
    "nice -n 1 echo 2",
    "env x=1 echo 2",
    "RANDOM=1; echo 2",
    "declare -n r=x; r=1",
    "getopts ab 1",
    "wait 1",
];

const COMPOUND: &[&str] = &[
    "1 | 2",
    "1 && 2",
    "1; 2",
    "{ 1\n}\n2",
    "( 1\n)\n2",
    "1 | sh",
    "1 | cat | bash",
    "x=$( 1\n); 2",
    "if 1\nthen 2\nfi",
    "while ! 1\ndo 2\nbreak; done",
    "g() { 1\n}; g\n2",
    "1 | while read -r q; do echo \"$q\"; done",
    "1 | xargs echo",
    "1 > >(cat)",
    "cat < <( 1\n)",
    "bash <( 1\n)",
    "1 | tee >(sh)",
];

proptest! {
    #![proptest_config(ProptestConfig { cases: 1000, failure_persistence: None, max_shrink_iters: 100, ..ProptestConfig::default() })]

    #[test]
    fn no_soup_of_shell_signs_that_passes_the_check_runs_a_value(pieces in prop::collection::vec(prop::sample::select(PIECES), 1..12)) {
        passes_only_if_harmless(&pieces.concat())?;
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 120, failure_persistence: None, max_shrink_iters: 100, ..ProptestConfig::default() })]

    #[test]
    fn no_whole_command_that_passes_the_check_runs_a_value(command in commands()) {
        passes_only_if_harmless(&command)?;
    }
}
