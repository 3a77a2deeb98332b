//! Called runbooks in the plan: their place, their names, their settings.

use super::*;
use crate::plan::shown;

/// `path < before before`, one a line.
fn order(plan: &Plan) -> Vec<String> {
    let before = |node: &Node| node.after.iter().map(|b| plan.node(*b).path.as_str()).collect::<Vec<_>>().join(" ");
    plan.nodes.iter().map(|node| if node.after.is_empty() { node.path.clone() } else { format!("{} < {}", node.path, before(node)) }).collect()
}

fn command(plan: &Plan, path: &str) -> String {
    let found = plan.find(path);
    shown::node(plan, found[0]).command.unwrap_or_default()
}

const UP: &str = "action k.held() { run `take`\n undo `give` }\n\
    runbook site.up \"Up to {{ to }}\" {\n param to: version { min version(\"1.0\") }\n param why: string = \"because\"\n target web\n target first: host = web[0]\n\
    fact free: int on web = `echo 5`\n require \"room\" min(free) > 3\n require \"sane\" `true` on first\n\
    during k.held() on first release always\n step s on web { run `echo {{ to }} {{ why }} {{ free }}` } }\n";

#[test]
fn facts_requirements_and_scopes_of_a_called_runbook_are_nodes_of_the_call() {
    let text = format!(
        "{UP}runbook x {{\n target web = [\"w1\", \"w2\"]\n step a on web {{ run `true` }}\n call up site.up(to: \"2.0\")\n step z on local {{ run `true` }} }}"
    );
    let plan = check_and_choose(&text, "x");
    assert_eq!(
        order(&plan),
        [
            "a@w1",
            "a@w2",
            "join-1 < a@w1 a@w2",
            "up/fact-free@w1 < join-1",
            "up/fact-free@w2 < join-1",
            "up/require < up/fact-free@w1 up/fact-free@w2",
            "up/require@w1 < up/require",
            "up/k.held@w1 < up/require@w1",
            "up/s@w1 < up/k.held@w1",
            "up/s@w2 < up/k.held@w1",
            "up/leave-k.held@w1 < up/s@w1 up/s@w2",
            "z@local < up/leave-k.held@w1",
        ]
    );
    assert_eq!(command(&plan, "up/s@w2"), "echo 2.0 because {{ free }}");
    assert!(plan.facts.is_empty() && plan.requires.is_empty(), "nothing of a call is asked in preflight");
    let call = plan.blocks.iter().find_map(|b| if let BlockKind::Call { id, runbook, title } = &b.kind { Some((id, runbook, title)) } else { None });
    assert_eq!(call, Some((&"up".to_owned(), &"site.up".to_owned(), &Some("Up to 2.0".to_owned()))));
    assert_eq!(plan.find("up/s").len(), 2, "a path without its host names all of them");
    assert_eq!(plan.find("s").len(), 2);
}

fn check_and_choose(text: &str, name: &str) -> Plan {
    let mut program = check(parsed("t.runbook", text), &mut NoFiles).unwrap_or_else(|errors| panic!("{errors:#?}"));
    assert!(program.choose(name));
    plan(&program, &given(&[], &[])).unwrap_or_else(|errors| panic!("{errors:#?}"))
}

#[test]
fn a_call_in_a_loop_and_in_a_call_has_a_path_of_its_own() {
    let text = "runbook low { target on_it: host\n for n in range(2) { step s on on_it { run `echo {{ n }}` } } }\n\
                runbook mid { target on_it: host\n call low low }\n\
                runbook x { target t = [\"w1\", \"w2\"]\n for h in t batch 2 { call mid mid(on_it: h) } }";
    let plan = check_and_choose(text, "x");
    let paths: Vec<&str> = plan.nodes.iter().map(|n| n.path.as_str()).collect();
    assert_eq!(paths, ["mid[w1]/low/s[0]@w1", "mid[w1]/low/s[1]@w1", "mid[w2]/low/s[0]@w2", "mid[w2]/low/s[1]@w2"]);
    assert_eq!(super::driven::driven(&plan).len(), 4);
}

#[test]
fn settings_of_the_caller_do_not_reach_into_a_called_runbook() {
    let text = "runbook low { step s on local { run `true` } }\n\
                runbook x { as \"root\"\n cwd \"/srv\"\n env { A = \"1\" }\n timeout 5s\n on local\n call low low\n step t { run `true` } }";
    let plan = check_and_choose(text, "x");
    let does = |path: &str| match &plan.node(plan.find(path)[0]).spec().expect("a step").does {
        Some(Does::Run(command)) => command.clone(),
        _ => panic!("it runs"),
    };
    let own = does("low/s");
    assert!(own.user.is_none() && own.cwd.is_none() && own.env.is_empty() && own.timeout == 3600);
    assert!(does("t").user.is_some());
}

#[test]
fn conditions_of_the_caller_are_asked_in_the_callers_own_names() {
    let text = "runbook low { param p: string = \"mine\"\n step s on local { when p == \"mine\"\n run `true` } }\n\
                runbook x { param p: string = \"theirs\"\n boundary b { when p == \"theirs\"\n call low low { when p != \"\" } } }";
    let plan = check_and_choose(text, "x");
    let node = &plan.nodes[0];
    let said: Vec<(&str, FrameId)> = node.when.iter().map(|w| (w.that.source_text().text.trim(), w.frame)).collect();
    assert_eq!(said, [("p == \"theirs\"", FrameId(0)), ("p != \"\"", FrameId(0)), ("p == \"mine\"", node.frame)]);
    assert_ne!(node.frame, FrameId(0));
}

#[test]
fn the_windows_of_called_runbooks_hold_for_the_run() {
    let text = "runbook low { window \"Mon-Fri 08:00-18:00 UTC\"\n step s on local { run `true` } }\n\
                runbook x { window \"00:00-24:00 UTC\"\n call one low\n call two low }";
    assert_eq!(check_and_choose(text, "x").windows, ["00:00-24:00 UTC", "Mon-Fri 08:00-18:00 UTC"]);
}

#[test]
fn a_value_of_the_run_goes_through_a_call_but_not_to_a_param_with_limits() {
    let text = |limits: &str| {
        format!(
            "runbook low {{ param n: int {limits}\n step s on local {{ run `echo {{{{ n }}}}` }} }}\n\
             runbook x {{ step a on local {{ run `echo 3`\n capture seen: int }}\n call low low(n: seen) }}"
        )
    };
    let plan = check_and_choose(&text(""), "x");
    assert_eq!(command(&plan, "low/s"), "echo {{ seen }}");
    let mut program = check(parsed("t.runbook", &text("{ max 5 }")), &mut NoFiles).expect("sound");
    program.choose("x");
    let errors = super::super::plan(&program, &given(&[], &[])).expect_err("it has limits");
    assert_eq!(errors[0].code, "RB0413");
}

#[test]
fn an_argument_outside_its_limits_is_told_at_the_argument() {
    let text = format!("{UP}runbook x {{\n target web = [\"w1\"]\n call up site.up(to: \"0.9\") }}");
    let mut program = check(parsed("t.runbook", &text), &mut NoFiles).expect("sound");
    program.choose("x");
    let errors = super::super::plan(&program, &given(&[], &[])).expect_err("too small");
    assert_eq!((errors[0].code, &text[errors[0].span.start..errors[0].span.end]), ("RB0405", "0.9"));
}

#[test]
fn both_spellings_of_a_call_give_one_plan() {
    let native = "runbook low {\n  param n: int\n  target web\n  step s on web { run `echo {{ n }}` }\n}\nrunbook x {\n  target t = [\"w1\"]\n  parallel {\n    step a on t { run `true` }\n    call low low(n: 3, web: t) { when 1 < 2; after [a] }\n  }\n}";
    let yaml = "runbook: low\nparams: {n: int}\ntargets: {web: {}}\nsteps:\n  - step: s\n    on: web\n    run: echo {{ n }}\n---\nrunbook: x\ntargets: {t: {is: [w1]}}\nsteps:\n  - parallel:\n      - step: a\n        on: t\n        run: \"true\"\n      - call: low\n        runbook: low\n        with: {n: 3, web: \"{{ t }}\"}\n        when: 1 < 2\n        after: [a]\n";
    let hash = |path: &str, text: &str| {
        let mut program = check(parsed(path, text), &mut NoFiles).unwrap_or_else(|errors| panic!("{errors:#?}"));
        program.choose("x");
        plan(&program, &given(&[], &[])).unwrap_or_else(|errors| panic!("{errors:#?}")).hash
    };
    assert_eq!(hash("t.runbook", native), hash("t.runbook.yaml", yaml));
}
