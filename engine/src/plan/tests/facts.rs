//! Plans that go over facts of the top, and series of updates.

use super::*;
use crate::check::{Library, LoadError};
use crate::plan::{GivenFact, outline};
use crate::value::Value;

/// Updates to 4.0.0-b1, 4.0.0, 4.0.1 and 4.2, each of which names its version.
struct Updates;

impl Library for Updates {
    fn find(&mut self, _path: &str, _from: &Source) -> Result<(), LoadError> {
        Err(LoadError::Outside)
    }

    fn load(&mut self, path: &str, _from: &Source) -> Result<ParsedFile, LoadError> {
        let version = path.trim_start_matches("up/").trim_end_matches(".runbook");
        let id = u32::try_from(version.len()).expect("short") * 1000 + u32::from(version.as_bytes()[version.len() - 1]);
        let text = format!(
            "runbook up.to-x \"To {version}\" {{\n param version: version\n param dir: string = \"/srv\"\n param n: int = 1\n target h: host\n step migrate on h {{ run `migrate {{{{ version }}}} {{{{ dir }}}} {{{{ n }}}}` }} }}"
        );
        let source = Source { id: SourceId(id), path: path.to_owned(), text };
        Ok(ParsedFile { file: grammar::parse(&source).file, source })
    }

    fn list(&mut self, _folder: &str, _from: &Source) -> Result<Vec<String>, LoadError> {
        Ok(["4.2.runbook", "4.0.0.runbook", "4.0.1.runbook", "4.0.0-b1.runbook"].map(str::to_owned).to_vec())
    }
}

fn program(text: &str) -> crate::check::Program {
    check(parsed("t.runbook", text), &mut Updates).unwrap_or_else(|errors| panic!("{errors:#?}"))
}

fn paths(plan: &Plan) -> Vec<&str> {
    plan.nodes.iter().filter(|n| !matches!(n.kind, NodeKind::Join)).map(|n| n.path.as_str()).collect()
}

fn series(clauses: &str, body: &str) -> String {
    format!("runbook x {{\n target h: host = \"h1\"\n param dir: string = \"/data\"\n require \"dir\" dir != \"\"\n series \"up/\" {clauses} {{ {body} }} }}")
}

#[test]
fn a_series_runs_what_lies_above_from_and_up_to_to_in_the_order_of_versions() {
    for (clauses, versions) in [
        ("from \"4.0.0-b1\" to \"4.1\"", &["4.0.0", "4.0.1"][..]),
        ("from 3.14 to 4.0.0", &["4.0.0-b1", "4.0.0"]),
        ("from version(\"4.0\") to 99", &["4.0.1", "4.2"]),
        ("from \"v4.2.0\" to \"4.2\"", &[]),
    ] {
        let plan = plan(&program(&series(clauses, "")), &given(&[], &[])).unwrap_or_else(|errors| panic!("{errors:#?}"));
        let expected: Vec<String> = versions.iter().map(|v| format!("{v}/migrate@h1")).collect();
        assert_eq!(paths(&plan), expected, "{clauses}");
    }
}

#[test]
fn each_update_is_given_what_has_the_same_name_and_the_block_follows_it() {
    let text = series("from 4.0.0 to 4.2", "when version != version(\"4.0.1\")\n step mark on h { run `echo {{ version }}` }");
    let plan = plan(&program(&text), &given(&[], &[])).unwrap_or_else(|errors| panic!("{errors:#?}"));
    assert_eq!(paths(&plan), ["4.2/migrate@h1", "mark[4.2]@h1"], "a `when` at the head passes versions over");
    let command = |at: usize| crate::plan::shown::node(&plan, node_id(at)).command.unwrap_or_default();
    assert_eq!((command(0).as_str(), command(1).as_str()), ("migrate 4.2 /data 1", "echo 4.2"));
    assert_eq!(plan.nodes[1].after, [node_id(0)]);
}

#[test]
fn a_series_goes_the_way_that_it_says_and_no_other() {
    let errors = plan(&program(&series("from 4.2 to 4.0.1", "")), &given(&[], &[])).expect_err("down");
    assert_eq!((errors[0].code, errors[0].message.as_str()), ("RB0418", "this series goes up, and would have to go from 4.2 down to 4.0.1"));
}

const FACTS: &str = "runbook low { param names: list(string)\n for x in names { step s on local { run `echo {{ x }}` } } }\n";

fn over_facts(body: &str) -> String {
    format!(
        "runbook x {{\n target t = [\"w1\", \"w2\"]\n fact names: list(string) on local = `ls`\n fact parts: list(string) on t = `ls`\n fact there: version on local = `cat version`\n step first on local {{ run `true` }}\n {body} }}\n{FACTS}"
    )
}

fn read(facts: &[(&str, &[(&str, Value)])]) -> Inputs {
    let facts = facts.iter().map(|(name, values)| {
        let values = values.iter().map(|(host, value)| ((*host).to_owned(), value.clone())).collect();
        ((*name).to_owned(), GivenFact::Read(values))
    });
    Inputs { facts: facts.collect(), ..given(&[], &[]) }
}

fn texts(items: &[&str]) -> Value {
    Value::List(items.iter().map(|i| Value::String((*i).to_owned())).collect())
}

#[test]
fn a_loop_over_a_fact_is_left_open_until_the_fact_is_known() {
    for (body, piece, wanted) in [
        ("for x in names { step s on local { run `echo {{ x }}` } }", "for x in names", vec!["names"]),
        ("for x in (names | sort) batch 2 { when x in parts[\"w1\"]\n step s on local { run `true` } }", "for x in names | sort", vec!["names", "parts"]),
        ("for w in t { for p in parts[w] { step s on w { run `echo {{ p }}` } } }", "for p in parts[w], in [w1]", vec!["parts"]),
        ("call down low(names: names)", "down/for x in names", vec!["names"]),
        ("call down low(names: (names + [\"a\"]))", "down/for x in names", vec!["names"]),
        ("series \"up/\" from there to 4.2 { step s on local { run `true` } }", "series up/ from there to 4.2", vec!["there"]),
    ] {
        let text = over_facts(body).replace("runbook x {", "runbook x {\n target h: host = \"h1\"\n step on-h on h { run `true` }");
        let mut program = program(&text);
        program.choose("x");
        let outline = outline(&program, &given(&[], &[])).unwrap_or_else(|errors| panic!("{body}: {errors:#?}"));
        let later = &outline.later[0];
        assert_eq!((later.piece.as_str(), later.names(&outline.plan)), (piece, wanted.iter().map(|w| (*w).to_owned()).collect()), "{body}");
        assert_eq!(later.after.as_deref(), Some("first@local"));
        let errors = plan(&program, &given(&[], &[])).expect_err("not whole");
        assert!(errors[0].code == "RB0416" && errors[0].help.as_ref().is_some_and(|h| h.contains(&format!("--fact {}=…", wanted[0]))), "{errors:#?}");
    }
}

#[test]
fn with_its_facts_the_plan_is_whole_and_remembers_them() {
    let text = over_facts("for h in t batch 2 { for p in parts[h] { step s on h { run `echo {{ p }}` } } }\n call down low(names: names)");
    let mut program = program(&text);
    program.choose("x");
    let inputs = read(&[("names", &[("local", texts(&["a"]))]), ("parts", &[("w1", texts(&["p", "q"])), ("w2", texts(&[]))])]);
    let plan = plan(&program, &inputs).unwrap_or_else(|errors| panic!("{errors:#?}"));
    assert_eq!(paths(&plan), ["first@local", "s[w1][p]@w1", "s[w1][q]@w1", "down/s[a]@local"]);
    assert_eq!(plan.facts[0].drawn, BTreeMap::from([("local".to_owned(), texts(&["a"]))]));
    assert!(plan.facts[2].drawn.is_empty(), "what the plan does not depend on may be anything");
}

#[test]
fn a_supposed_fact_is_read_by_its_type() {
    let text = over_facts("for x in names { step s on local { run `echo {{ x }}` } }");
    let mut program = program(&text);
    program.choose("x");
    let supposed = |name: &str, text: &str| Inputs { facts: [(name.to_owned(), GivenFact::Text(text.to_owned()))].into(), ..given(&[], &[]) };
    assert_eq!(paths(&plan(&program, &supposed("names", "a,b")).expect("whole"))[1..], ["s[a]@local", "s[b]@local"]);
    assert_eq!(plan(&program, &supposed("there", "-x")).expect_err("no version")[0].code, "RB0415");
    assert_eq!(plan(&program, &supposed("nams", "a")).expect_err("no such fact")[0].code, "RB0414");
}

#[test]
fn a_called_runbook_can_not_go_over_a_fact_of_its_own() {
    let text =
        "runbook x { call down low }\nrunbook low { fact names: list(string) on local = `ls`\n for n in names { step s on local { run `echo {{ n }}` } } }";
    let mut program = program(text);
    program.choose("x");
    let errors = outline(&program, &given(&[], &[])).expect_err("too late");
    assert_eq!((errors[0].code, &text[errors[0].span.start..errors[0].span.end]), ("RB0417", "names"));
    program.choose("low");
    assert_eq!(outline(&program, &given(&[], &[])).expect("by itself it can").later.len(), 1);
}

/// The plan's facts are read again in preflight: what it was drawn for must still be so.
#[test]
fn o1_a_fact_that_changed_since_the_plan_was_drawn_refuses_the_run() {
    use crate::outcome::Identity;
    use crate::run::decide::decide;
    use crate::run::effect::Effect;
    use crate::run::event::{Event, EventKind, Purpose};
    use crate::run::state::{Phase, RunState};
    let text = over_facts("for x in names { step s on local { run `echo {{ x }}` } }");
    let mut program = program(&text);
    program.choose("x");
    let plan = plan(&program, &read(&[("names", &[("local", texts(&["a"]))])])).expect("whole");
    let preflight = |names: &Value| {
        let mut state = RunState::new(&plan);
        let mut kinds = vec![
            EventKind::RunCreated { runbook: String::new(), plan: String::new(), pins: Vec::new(), engine: String::new(), operator: String::new(), jobs: 1 },
            EventKind::DriverStarted {
                epoch: 1,
                purpose: Purpose::Run,
                operator: String::new(),
                pid: 1,
                machine: String::new(),
                takes_locks: false,
                signed: None,
            },
        ];
        loop {
            for kind in kinds.drain(..) {
                let event = Event { seq: state.seq + 1, at: 0, kind };
                state.apply(&plan, &event).unwrap_or_else(|e| panic!("{e}"));
            }
            match decide(&plan, &state).into_iter().next() {
                Some(Effect::Greet { host }) => {
                    let identity = Identity { machine_id: host.clone(), boot_id: "b".to_owned(), life: host.clone(), bash: true, sums: true };
                    kinds.push(EventKind::HostGreeted { host, identity, claims: Vec::new() });
                }
                Some(Effect::ReadFact { fact, host }) => {
                    let value = if fact == 0 { names.clone() } else { texts(&["anything"]) };
                    kinds.push(EventKind::FactRead { fact, host, value });
                }
                Some(Effect::Record(kind)) => kinds.push(kind),
                _ => return state.phase,
            }
        }
    };
    assert_eq!(preflight(&texts(&["a"])), Phase::Running);
    let Phase::Refused { why } = preflight(&texts(&["a", "b"])) else { panic!("it runs over other names") };
    assert_eq!(why, "fact `names` on local was a when the plan was drawn, and is a, b now: run it again");
}
