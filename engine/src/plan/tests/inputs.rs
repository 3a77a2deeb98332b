//! What is wrong with what a run is given.

use super::*;

const BOOK: &str = "runbook x {\n param count: int { min 1; max 5 }\n param kind: string = \"a\" { one_of [\"a\", \"b\"] }\n target h: host\n target t\n step s on h, t { run `echo {{ count }} -- {{ kind }}` }\n}";

fn codes(params: &[(&str, &str)], targets: &[(&str, &[&str])]) -> Vec<(&'static str, String)> {
    let errors = try_plan(BOOK, &given(params, targets)).err().unwrap_or_default();
    errors.into_iter().map(|e| (e.code, e.help.unwrap_or_default())).collect()
}

#[test]
fn all_that_is_missing_is_said_at_once_with_what_to_pass() {
    let said = codes(&[], &[]);
    assert_eq!(said.iter().map(|(code, _)| *code).collect::<Vec<_>>(), ["RB0403", "RB0407", "RB0407"]);
    assert!(said[0].1.contains("-p count=…") && said[1].1.contains("--target h=HOST") && said[2].1.contains("--target t=HOST,HOST"), "{said:?}");
}

#[test]
fn each_wrong_input_has_its_own_code() {
    let hosts: &[(&str, &[&str])] = &[("h", &["h1"]), ("t", &["w1"])];
    for (params, targets, code, help) in [
        (vec![("count", "2"), ("cuont", "3")], hosts, "RB0402", "`count`"),
        (vec![("count", "two")], hosts, "RB0404", "a whole number"),
        (vec![("count", "9")], hosts, "RB0405", "at most 5"),
        (vec![("count", "2"), ("kind", "c")], hosts, "RB0405", "`a`, `b`"),
        (vec![("count", "2")], &[("h", &["h1"] as &[&str]), ("t", &["w1"]), ("tt", &["x"])], "RB0406", "`t`"),
        (vec![("count", "2")], &[("h", &["h1", "h2"]), ("t", &["w1"])], "RB0408", "--target h=HOST"),
        (vec![("count", "2")], &[("h", &["h1"]), ("t", &[])], "RB0409", "name the hosts"),
        (vec![("count", "2")], &[("h", &["h1"]), ("t", &["w1", "w1"])], "RB0410", "once"),
        (vec![("count", "2")], &[("h", &["-oProxyCommand=x"]), ("t", &["w1"])], "RB0139", "leading `-`"),
    ] {
        let said = codes(&params, targets);
        assert!(said.len() == 1 && said[0].0 == code && said[0].1.contains(help), "wanted {code} with `{help}`, found {said:?}");
    }
}

#[test]
fn a_file_of_actions_is_not_run() {
    let errors = try_plan("action a.b() { run `true` }", &given(&[], &[])).expect_err("nothing to run");
    assert_eq!(errors[0].code, "RB0401");
}

#[test]
fn an_expression_over_other_inputs_makes_a_target() {
    let text = "runbook x { target t\n target first: host = t[0]\n step s on first { run `true` } }";
    let plan = planned(text, &given(&[], &[("t", &["w1", "w2"])]));
    assert_eq!(plan.nodes[0].path, "s@w1");
}

#[test]
fn what_can_not_be_reckoned_is_said_with_its_place() {
    let errors =
        try_plan("runbook x { target t = [\"w1\"]\n target second: host = t[1]\n step s on second { run `true` } }", &given(&[], &[])).expect_err("no second");
    assert_eq!(errors[0].code, "RB0411");
}

#[test]
fn a_value_matches_its_pattern_as_a_whole() {
    let text = "runbook x { param ticket: string = \"OPS-1\" { matches \"[A-Z]+-[0-9]+\" }\n param hosts: list(host) = [\"w1\"] { matches \"w[0-9]\" }\n step s on local { run `echo {{ ticket }} {{ hosts }}` } }";
    assert!(try_plan(text, &given(&[("ticket", "DB-77"), ("hosts", "w1,w2")], &[])).is_ok());
    for (name, value) in [("ticket", "OPS-1; reboot"), ("ticket", "ops-1"), ("hosts", "w1,x2")] {
        let errors = try_plan(text, &given(&[(name, value)], &[])).expect_err(value);
        assert!(
            errors[0].code == "RB0405" && errors[0].message.contains("does not match") && errors[0].help.as_ref().is_some_and(|h| h.contains("as a whole"))
        );
    }
    assert_eq!(try_plan(&text.replace("\"OPS-1\"", "\"none\""), &given(&[], &[])).expect_err("its default")[0].code, "RB0405");
}
