//! Every row of the binding table, allowed and refused.

use super::*;

#[test]
fn values_are_bound_where_a_reference_is_safe() {
    for (source, script) in [
        // bare words and parts of them
        ("echo {{ v }}", r#"echo "${rb_1}""#),
        ("cmd --x={{ v }} {{ w }}", r#"cmd --x="${rb_1}" "${rb_2}""#),
        ("cmd a{{ v }}b", r#"cmd a"${rb_1}"b"#),
        ("x={{ v }}", r#"x="${rb_1}""#),
        ("x={{ v }} cmd", r#"x="${rb_1}" cmd"#),
        ("export NAME={{ v }}", r#"export NAME="${rb_1}""#),
        ("f() { local x={{ v }}; }", r#"f() { local x="${rb_1}"; }"#),
        ("cmd > {{ v }} 2>> {{ w }}", r#"cmd > "${rb_1}" 2>> "${rb_2}""#),
        ("cmd < /a/{{ v }}", r#"cmd < /a/"${rb_1}""#),
        ("for x in {{ v }}; do echo \"$x\"; done", r#"for x in "${rb_1}"; do echo "$x"; done"#),
        ("case {{ v }} in a) echo;; esac", r#"case "${rb_1}" in a) echo;; esac"#),
        ("cat <<< {{ v }}", r#"cat <<< "${rb_1}""#),
        ("a=({{ v }} {{ l }})", r#"a=("${rb_1}" "${rb_2_1}" "${rb_2_2}")"#),
        ("cmd $x{{ v }}", r#"cmd $x"${rb_1}""#),
        ("cmd 'a'{{ v }}'b'", r#"cmd 'a'"${rb_1}"'b'"#),
        ("cmd {a,b}/{{ v }}", r#"cmd {a,b}/"${rb_1}""#),
        // lists
        ("cmd {{ l }}", r#"cmd "${rb_1_1}" "${rb_1_2}""#),
        ("for x in {{ l }}; do echo \"$x\"; done", r#"for x in "${rb_1_1}" "${rb_1_2}"; do echo "$x"; done"#),
        // quotes and substitutions
        (r#"echo "a {{ v }} b""#, r#"echo "a ${rb_1} b""#),
        (r#"echo "$(cmd {{ v }})""#, r#"echo "$(cmd "${rb_1}")""#),
        (r#"echo $(cmd "$(cmd2 {{ v }} "{{ w }}")")"#, r#"echo $(cmd "$(cmd2 "${rb_1}" "${rb_2}")")"#),
        ("echo ${x:-{{ v }}}", r#"echo ${x:-"${rb_1}"}"#),
        (r#"echo "${x:-{{ v }}}""#, r#"echo "${x:-${rb_1}}""#),
        (r#"echo "\${{ v }}""#, r#"echo "\$${rb_1}""#),
        // here-documents that expand, and are read as data
        ("cat <<EOF\na {{ v }}\nEOF", "cat <<EOF\na ${rb_1}\nEOF"),
        ("cat <<-EOF >/f\n\t{{ v }}\n\tEOF", "cat <<-EOF >/f\n\t${rb_1}\n\tEOF"),
        ("cat <<EOF\n$(cmd {{ v }})\nEOF", "cat <<EOF\n$(cmd \"${rb_1}\")\nEOF"),
        ("cat <<EOF\n${x:-{{ v }}}\nEOF", "cat <<EOF\n${x:-${rb_1}}\nEOF"),
        ("ssh db1 'cat >/f' <<EOF\n{{ v }}\nEOF", "ssh db1 'cat >/f' <<EOF\n${rb_1}\nEOF"),
        ("python3 /f.py <<EOF\n{{ v }}\nEOF", "python3 /f.py <<EOF\n${rb_1}\nEOF"),
        // patterns
        ("case $x in {{ v }}) echo;; esac", r#"case $x in "${rb_1}") echo;; esac"#),
        ("[[ $x == {{ v }} ]]", r#"[[ $x == "${rb_1}" ]]"#),
        ("[[ -f {{ v }} && {{ w }} != b ]]", r#"[[ -f "${rb_1}" && "${rb_2}" != b ]]"#),
        ("echo ${x#{{ v }}}", r#"echo ${x#"${rb_1}"}"#),
        (r#"echo "${x%%{{ v }}}""#, r#"echo "${x%%"${rb_1}"}""#),
        // arithmetic with numbers
        ("echo $(( {{ n }} + {{ t }} ))", "echo $(( ${rb_1} + ${rb_2} ))"),
        ("(( x > {{ n }} ))", "(( x > ${rb_1} ))"),
        ("echo ${x:{{ n }}:1}", "echo ${x:${rb_1}:1}"),
        ("echo ${a[{{ n }}]}", "echo ${a[${rb_1}]}"),
        ("[ \"$x\" -gt {{ n }} ]", r#"[ "$x" -gt "${rb_1}" ]"#),
        ("[[ $x -gt {{ n }} ]]", r#"[[ $x -gt "${rb_1}" ]]"#),
        ("echo $(( {{ n * 2 + 1 }} ))", "echo $(( ${rb_1} ))"),
        ("exit {{ n }}", r#"exit "${rb_1}""#),
        (r#"crontab -u {{ v }} -l"#, r#"crontab -u "${rb_1}" -l"#),
        // code that takes the value as an argument
        (r#"sh -c 'echo "$1"' sh {{ v }}"#, r#"sh -c 'echo "$1"' sh "${rb_1}""#),
        (
            r#"sudo -u {{ v }} timeout {{ t }} bash -ec 'echo "$@"' x {{ l }}"#,
            r#"sudo -u "${rb_1}" timeout "${rb_2}" bash -ec 'echo "$@"' x "${rb_3_1}" "${rb_3_2}""#,
        ),
        (r#"find {{ p }} -exec sh -c 'mv "$2" "$1"' sh {{ v }} {} \;"#, r#"find "${rb_1}" -exec sh -c 'mv "$2" "$1"' sh "${rb_2}" {} \;"#),
        (r#"docker exec web sh -c 'echo "$1"' sh {{ v }}"#, r#"docker exec web sh -c 'echo "$1"' sh "${rb_1}""#),
        ("ssh {{ h }} uptime", r#"ssh "${rb_1}" uptime"#),
        ("ssh -p {{ n }} root@{{ v }} uptime", r#"ssh -p "${rb_1}" root@"${rb_2}" uptime"#),
        ("env A={{ v }} cmd", r#"env A="${rb_1}" cmd"#),
        ("$SUDO systemctl restart {{ v }}", r#"$SUDO systemctl restart "${rb_1}""#),
        ("bash -- \"$x\" {{ v }}", r#"bash -- "$x" "${rb_1}""#),
        ("xargs -r kill -s {{ v }}", r#"xargs -r kill -s "${rb_1}""#),
        // programs of other languages
        ("mysql -S {{ p }} -e 'stop slave'", r#"mysql -S "${rb_1}" -e 'stop slave'"#),
        (r#"mysql -Ne "kill {{ n }}""#, r#"mysql -Ne "kill ${rb_1}""#),
        ("psql -v v={{ v }} -c 'select :v'", r#"psql -v v="${rb_1}" -c 'select :v'"#),
        ("awk -v x={{ v }} '{ print x }'", r#"awk -v x="${rb_1}" '{ print x }'"#),
        // feeding what is not code, or not through arguments
        ("echo {{ v }} | tee /f", r#"echo "${rb_1}" | tee /f"#),
        ("gunzip -c {{ p }} | mysql {{ v }}", r#"gunzip -c "${rb_1}" | mysql "${rb_2}""#),
        ("printf '%s\\n' {{ v }} | ssh db1 'read -r x; echo \"$x\"'", "printf '%s\\n' \"${rb_1}\" | ssh db1 'read -r x; echo \"$x\"'"),
        ("echo {{ v }} | xargs rm --", r#"echo "${rb_1}" | xargs rm --"#),
        // tests with written operators
        ("[ {{ v }} = x ] && [ -n {{ v }} ] && [ ! -f {{ v }} ]", r#"[ "${rb_1}" = x ] && [ -n "${rb_2}" ] && [ ! -f "${rb_3}" ]"#),
        // nothing but text
        ("docker inspect -f '\\{{.State}}' x", "docker inspect -f '{{.State}}' x"),
        ("echo {% if %} # not a value", "echo {% if %} # not a value"),
        ("echo é {{ v }}", "echo é \"${rb_1}\""),
    ] {
        let bound =
            compile(source).unwrap_or_else(|errors| panic!("{source}: {errors:?}")).bind(&values("x")).unwrap_or_else(|error| panic!("{source}: {error}"));
        assert_eq!(bound.script, script, "{source}");
    }
}

#[test]
fn values_are_refused_where_a_shell_would_make_something_of_them() {
    use Refusal as R;
    for (refusal, sources) in [
        (R::SingleQuotes, vec!["echo '{{ v }}'", "echo 'a'\"b\"'{{ v }}'", "echo ${x:-'{{ v }}'}"]),
        (R::AnsiQuotes, vec!["echo $'a {{ v }}'"]),
        (R::TranslatedQuotes, vec!["echo $\"a {{ v }}\""]),
        (R::Backticks, vec!["echo `cmd {{ v }}`", "echo \"a `cmd {{ v }}`\"", "cat <<EOF\n`cmd {{ v }}`\nEOF"]),
        (R::Comment, vec!["echo a # {{ v }}", "# {{ v }}\necho a"]),
        (R::AfterDollar, vec!["echo ${{ v }}", "echo \"${{ v }}\""]),
        (R::AfterTilde, vec!["ls ~{{ v }}", "x=~{{ v }}", "ls ~root{{ v }}"]),
        (R::QuotedHereDoc, vec!["cat <<'EOF'\n{{ v }}\nEOF", "cat <<\\EOF\n{{ v }}\nEOF"]),
        (
            R::FedToInterpreter,
            vec![
                "sh <<EOF\n{{ v }}\nEOF",
                "bash -s a <<EOF\n{{ v }}\nEOF",
                "ssh db1 <<EOF\n{{ v }}\nEOF",
                "ssh db1 sudo bash <<EOF\n{{ v }}\nEOF",
                "mysql db <<EOF\n{{ v }}\nEOF",
                "sudo -u x psql <<EOF\n{{ v }}\nEOF",
                "python3 - <<EOF\n{{ v }}\nEOF",
                "docker exec -i db mysql <<EOF\n{{ v }}\nEOF",
                "cat <<EOF | mysql\n{{ v }}\nEOF",
                "bash <<< {{ v }}",
                "echo {{ v }} | sh",
                "printf '%s' \"{{ v }}\" | tee f | sudo bash",
                "{ echo {{ v }}; } | sh",
                "for x in {{ v }}; do echo \"$x\"; done | sh",
                "find {{ v }} -name x | sh",
                "{ sh; } <<EOF\n{{ v }}\nEOF",
                "f() { sh; }; f <<EOF\n{{ v }}\nEOF",
                "bash <(echo {{ v }})",
                ". <(echo {{ v }})",
                "echo {{ v }} > >(sh)",
                "echo {{ v }} | tee >(sh)",
                "bash < <(echo {{ v }})",
                "echo {{ v }} | xargs -I{} sh -c 'echo {}'",
                "echo {{ v }} | xargs -0 sh -c",
                "echo {{ v }} | while read -r x; do eval \"$x\"; done",
                "echo $(echo {{ v }}) | sh",
            ],
        ),
        (
            R::CommandPosition,
            vec![
                "{{ v }} a",
                "sudo {{ v }} a",
                "x=1 {{ v }}",
                "env A=b {{ v }}",
                "a && {{ v }}",
                "$( {{ v }} )",
                "find /a -exec {{ v }} \\;",
                "exec {{ v }}",
                "/usr/bin/{{ v }}",
                "timeout 5 {{ v }}",
                "$x {{ v }}",
                "sudo $x {{ v }}",
                "env x=$(echo {{ v }}) a",
            ],
        ),
        (R::FunctionName, vec!["{{ v }}() { a; }", "function {{ v }} { a; }"]),
        (
            R::NamePlace,
            vec![
                "read {{ v }}",
                "read -r x {{ v }}",
                "unset {{ v }}",
                "export {{ v }}",
                "export {{ v }}=a",
                "declare {{ v }}",
                "readonly \"{{ v }}=x\"",
                "declare -a x={{ v }}",
                "declare -n x={{ v }}",
                "printf -v {{ v }} a",
                "test -v {{ v }}",
                "[ -v {{ v }} ]",
                "[[ -v {{ v }} ]]",
                "mapfile {{ v }}",
                "getopts ab {{ v }}",
                "wait -p {{ v }} -n",
                "for {{ v }} in a; do b; done",
                "declare -n r\nr={{ v }}",
            ],
        ),
        (
            R::CodePlace,
            vec![
                "eval {{ v }}",
                "eval \"echo {{ v }}\"",
                "trap {{ v }} EXIT",
                "alias x={{ v }}",
                ". {{ v }}",
                "source {{ v }}",
                "PS4={{ v }}",
                "ENV={{ v }} sh",
                "export BASH_ENV={{ v }}",
                "env PS4={{ v }} bash -x f",
                "sh -c {{ v }}",
                "sh -c \"echo {{ v }}\"",
                "bash -euxc \"echo {{ v }}\"",
                "sudo bash -c \"echo {{ v }}\"",
                "env A=b nice -n 5 timeout 5 setsid nohup sh -c \"{{ v }}\"",
                "command eval {{ v }}",
                "su -c \"{{ v }}\" x",
                "ssh db1 echo {{ v }}",
                "ssh -o ProxyCommand={{ v }} db1",
                "timeout 5 ssh -p 22 db1 \"echo {{ v }}\"",
                "xargs sh -c \"echo {{ v }}\"",
                "find /a -exec sh -c \"echo {{ v }}\" \\;",
                "docker exec web sh -c \"echo {{ v }}\"",
                "kubectl exec pod -- bash -c \"echo {{ v }}\"",
                "xargs ssh db1 {{ v }}",
                "sudo -i echo {{ v }}",
                "env -S \"{{ v }}\"",
                "watch {{ v }}",
                "rsync -e {{ v }} a b",
                "crontab {{ v }}",
                "crontab -u x {{ v }}",
                "\"$SHELL\" -c \"{{ v }}\"",
                "x=$(eval {{ v }})",
                "find /a -exec eval {{ v }} \\;",
            ],
        ),
        (
            R::ForeignCode,
            vec![
                "mysql -e \"select {{ v }}\"",
                "mysql -Nse \"select {{ v }}\"",
                "psql -c \"select {{ v }}\"",
                "python3 -c \"print({{ v }})\"",
                "perl -pe \"s/{{ v }}//\"",
                "awk \"/{{ v }}/\" f",
                "sqlite3 f \"select {{ v }}\"",
                "node -e {{ v }}",
            ],
        ),
        (
            R::OptionPlace,
            vec![
                "ssh {{ v }} uptime",
                "sh {{ v }}",
                "bash -x {{ v }} a",
                "set {{ v }}",
                "docker exec c sh {{ v }}",
                "sh $x {{ v }}",
                "sh $(echo {{ v }})",
                "x={{ v }}; ssh $x uptime",
                "find $(echo {{ v }})",
                "sh -c \"$x\" sh {{ v }}",
            ],
        ),
        (
            R::Arithmetic,
            vec![
                "echo $(( {{ v }} + 1 ))",
                "echo $(( {{ u }} ))",
                "echo $[ {{ v }} ]",
                "(( {{ v }} ))",
                "let {{ v }}",
                "let x={{ v }}",
                "[[ 1 -eq {{ v }} ]]",
                "[ {{ v }} -eq 1 ]",
                "x[{{ v }}]=1",
                "echo ${a[{{ v }}]}",
                "echo ${x:{{ v }}:1}",
                "echo ${x:0:{{ v }}}",
                "declare -i x={{ v }}",
                "declare -i x; x={{ v }}",
                "shift {{ v }}",
                "for (( i = {{ v }}; i < 3; i++ )); do a; done",
                "RANDOM={{ v }}",
                "a=([{{ v }}]=b)",
                "a=([$(echo x[{{ v }}])]=b)",
                "echo $(( {{ j }} ))",
            ],
        ),
        (R::PrintfFormat, vec!["printf {{ v }}", "printf \"a {{ v }}\\n\"", "printf -- {{ v }}", "printf -v x {{ v }}"]),
        (R::Regex, vec!["[[ a =~ {{ v }} ]]", "[[ a =~ \"{{ v }}\" ]]", "[[ a =~ ^{{ v }}$ ]]"]),
        (R::TestOperator, vec!["[ {{ v }} {{ w }} ]", "[ -n a -a {{ v }} = b ]", "[ $(echo {{ v }}) = a ]", "test a {{ v }} b"]),
        (R::ListInText, vec!["echo \"a {{ l }}\"", "cmd --x={{ l }}", "cmd a{{ l }}", "cat <<EOF\n{{ l }}\nEOF"]),
        (R::ListAsOneWord, vec!["x={{ l }}", "cmd > {{ l }}", "case {{ l }} in a) b;; esac", "[[ a == {{ l }} ]]", "cat <<< {{ l }}"]),
        (R::NestedQuotes, vec!["echo \"${x:-\"{{ v }}\"}\""]),
        (R::Replacement, vec!["echo ${x/a/{{ v }}}"]),
        (R::HereDocMark, vec!["cat <<{{ v }}\na\n{{ v }}"]),
    ] {
        for source in sources {
            let found = refusals(source);
            assert!(!found.is_empty() && found.iter().all(|found| *found == refusal), "{source}: {found:?}, expected {refusal:?}");
        }
    }
}

#[test]
fn a_value_is_followed_from_variable_to_variable() {
    use Refusal as R;
    for (source, refusal) in [
        ("x={{ v }}; eval \"$x\"", R::CodePlace),
        ("x={{ v }}; y=\"a $x\"; sh -c \"$y\"", R::CodePlace),
        ("x={{ v }}; ssh db1 \"echo $x\"", R::CodePlace),
        ("x={{ v }}; echo $(( x + 1 ))", R::Arithmetic),
        ("x={{ v }}; (( x > 1 ))", R::Arithmetic),
        ("x={{ v }}; [[ $x -gt 1 ]]", R::Arithmetic),
        ("x={{ v }}; echo ${y:x}", R::Arithmetic),
        ("x={{ v }}; echo \"$x\" | sh", R::FedToInterpreter),
        ("x={{ v }}; sh <<EOF\n$x\nEOF", R::FedToInterpreter),
        ("x={{ v }}; $x a", R::CommandPosition),
        ("x={{ v }}; echo ${!x}", R::NamePlace),
        ("x={{ v }}; printf -v \"$x\" a", R::NamePlace),
        ("x={{ v }}; echo ${x@P}", R::CodePlace),
        ("x={{ v }}; [ $x = a ]", R::TestOperator),
        ("x={{ v }}; mysql -e \"select $x\"", R::ForeignCode),
        ("set -- {{ v }}; eval \"$1\"", R::CodePlace),
        ("f() { eval \"$2\"; }; f a {{ v }}", R::CodePlace),
        ("for x in {{ v }}; do eval \"$x\"; done", R::CodePlace),
        ("read -r x <<< {{ v }}; eval \"$x\"", R::CodePlace),
        ("echo {{ v }} | { read -r x; sh -c \"$x\"; }", R::CodePlace),
        ("sh -c 'eval \"$1\"' sh {{ v }}", R::CodePlace),
        ("sh -c 'echo $(( $1 ))' sh {{ v }}", R::Arithmetic),
        ("x={{ v }} sh -c 'eval \"$x\"'", R::CodePlace),
        ("x=$(printf %s {{ v }}); eval \"$x\"", R::CodePlace),
        ("export x={{ v }}; sh -c \"$x\"", R::CodePlace),
    ] {
        assert_eq!(refusals(source), [refusal], "{source}");
    }
    for source in [
        "x={{ v }}; echo \"$x\"",
        "x={{ n }}; echo $(( x + 1 ))",
        "x={{ v }}; trap 'rm -- \"$x\"' EXIT",
        "x={{ v }}; [ \"$x\" = a ]",
        "n=$(grep -c a {{ p }}); [ \"$n\" -gt 5 ]; (( n > 5 ))",
        "retry() { \"$@\" || \"$@\"; }; retry systemctl restart {{ v }}",
        "sh -c 'echo \"$1\"; (( $# > 0 ))' sh {{ v }}",
    ] {
        assert_eq!(refusals(source), [], "{source}");
    }
}

#[test]
fn a_refusal_points_at_its_slot_and_says_what_to_write() {
    let errors = compile("echo a;\necho 'é {{ v }}' \"{{ w }}\" {{ n }}").expect_err("refused");
    let [error] = errors.as_slice() else { panic!("{errors:?}") };
    assert_eq!((error.span().start - 50, error.span().end - 50), (17, 24));
    assert_eq!(error.code(), "RB0220");
    assert!(error.help().is_some_and(|help| help.contains("\"… {{ v }} …\"")), "{:?}", error.help());
}

#[test]
fn every_mistake_is_said_at_once() {
    let errors = compile("echo '{{ v }}'; eval {{ w }}; echo {{ in-sync }}; echo {{ s }}").expect_err("refused");
    let codes: Vec<&str> = errors.iter().map(TemplateError::code).collect();
    assert_eq!(codes, ["RB0220", "RB0234", "RB0204", "RB0211"]);
}

#[test]
fn what_the_shell_cannot_read_is_shown_where_it_stands() {
    for (source, at) in [
        ("if true; then echo {{ v }}", 26),
        ("echo 'é' | | cat", 12),
        ("echo {{ v }} \"open", 13),
        ("echo ok; fi", 11),
        ("echo {{ v }} )", 13),
        ("cat <<EOF\nno end", 16),
    ] {
        let errors = compile(source).expect_err(source);
        let [TemplateError::ShellSyntax { span, .. }] = errors.as_slice() else { panic!("{source}: {errors:?}") };
        assert_eq!(span.start - 50, at, "{source}: {errors:?}");
    }
}

#[test]
fn raw_pastes_a_known_value_and_is_remembered() {
    let known = values("-a  -b");
    let script = Script::compile(&text("cmd {{ v | raw }} {{ w }}"), &types, &RawValues::Known(&known)).expect("compiles");
    assert!(script.uses_raw());
    assert_eq!(script.names().len(), 1);
    assert_eq!(script.bind(&known).expect("binds").script, "cmd -a  -b \"${rb_1}\"");
    // What stands around the other slots is looked at after pasting.
    let quote = values("'");
    assert!(Script::compile(&text("cmd {{ v | raw }} {{ w }} {{ v | raw }}"), &types, &RawValues::Known(&quote)).is_err());
    let unknown = Names(Vec::new());
    let errors = Script::compile(&text("cmd {{ v | raw }}"), &types, &RawValues::Known(&unknown)).expect_err("unknown");
    assert_eq!(errors[0].code(), "RB0213");
}

#[test]
fn what_no_command_can_be_given_is_an_error_when_it_is_bound() {
    let bind = |source: &str, value: Value| {
        compile(source).expect("compiles").bind(&Names(vec![("u".into(), value.clone()), ("p".into(), value.clone()), ("n".into(), value)]))
    };
    assert!(bind("cmd {{ u }}", Value::None).is_err());
    assert!(bind("cmd {{ u }}", Value::String("a\0b".into())).is_err());
    assert!(bind("cmd a{{ u }}", Value::List(vec![Value::Int(1)])).is_err());
    assert!(bind("cmd {{ p }}", Value::String("-rf".into())).is_err());
    assert!(bind("echo $(( {{ n }} ))", Value::String("a[$(touch X)]".into())).is_err());
    assert!(bind("cmd {{ missing }}", Value::Int(1)).is_err());
    assert_eq!(bind("cmd {{ u }} z", Value::List(Vec::new())).expect("binds").script, "cmd  z");
}

#[test]
fn lint_is_told_of_options_lists_and_sed() {
    let kinds = |source: &str| compile(source).expect("compiles").advice().iter().map(|advice| advice.kind).collect::<Vec<_>>();
    assert_eq!(kinds("rm {{ v }}"), [AdviceKind::MayBeOption]);
    assert_eq!(kinds("rm -- {{ v }}"), []);
    assert_eq!(kinds("rm {{ p }} x{{ v }}"), []);
    assert_eq!(kinds("rm -- {{ l }}"), [AdviceKind::ListMayBeEmpty]);
    assert_eq!(kinds("sed -i \"s/a/{{ v }}/\" -- f"), [AdviceKind::SedProgram]);
    assert_eq!(kinds("echo {{ v }}"), []);
}

#[test]
fn a_person_is_shown_the_command_as_they_would_type_it() {
    for (source, value, shown) in [
        ("echo {{ v }} \"a {{ v }}\"", "x", "echo x \"a x\""),
        ("echo {{ v }}", "a b", "echo \"a b\""),
        ("echo {{ v }}", "$(id)", "echo '$(id)'"),
        ("echo {{ v }}", "it's $x", "echo \"it's \\$x\""),
        ("echo \"{{ v }}\"", "\"$x\"", "echo \"\\\"\\$x\\\"\""),
        ("echo {{ v }}", "", "echo \"\""),
        ("echo {{ l }}", "a", "echo a 'second item'"),
        ("echo $(( {{ n }} + 1 ))", "", "echo $(( 7 + 1 ))"),
    ] {
        assert_eq!(compile(source).expect("compiles").bind(&values(value)).expect("binds").shown, shown, "{source}");
    }
}

#[test]
fn a_variable_of_the_engine_cannot_be_used_by_a_command() {
    assert_eq!(compile("echo $rb_1 {{ v }}").expect_err("refused")[0].code(), "RB0212");
    assert!(compile("echo verb_1 rb_x {{ v }}").is_ok());
}

#[test]
fn a_script_comes_back_from_the_journal_as_it_was() {
    let script = compile("echo {{ v }} \"{{ w }}\"").expect("compiles");
    let read: Script = serde_json::from_str(&serde_json::to_string(&script).expect("stores")).expect("reads back");
    assert_eq!(read, script);
    assert_eq!(read.bind(&values("a b")), script.bind(&values("a b")));
}
