//! Order, blocks and frames of small runbooks.

use super::*;

fn body(text: &str) -> Plan {
    planned(&format!("runbook x {{\n target h: host = \"h1\"\n target t = [\"w1\", \"w2\", \"w3\"]\n {text}\n}}"), &given(&[], &[]))
}

/// `path < before before`, one a line.
fn order(plan: &Plan) -> Vec<String> {
    plan.nodes
        .iter()
        .map(|node| {
            let before: Vec<&str> = node.after.iter().map(|b| plan.node(*b).path.as_str()).collect();
            if before.is_empty() { node.path.clone() } else { format!("{} < {}", node.path, before.join(" ")) }
        })
        .collect()
}

#[test]
fn steps_run_top_to_bottom_and_a_set_is_done_when_all_of_it_is() {
    let plan = body("step a on h { run `true` }\n step b on t { run `true` }\n step c on h { run `true` }");
    assert_eq!(order(&plan), ["a@h1", "b@w1 < a@h1", "b@w2 < a@h1", "b@w3 < a@h1", "c@h1 < b@w1 b@w2 b@w3"]);
}

#[test]
fn between_two_sets_stands_a_join() {
    let plan = body("step a on t { run `true` }\n step b on t { run `true` }");
    assert_eq!(order(&plan)[3..], ["join-1 < a@w1 a@w2 a@w3", "b@w1 < join-1", "b@w2 < join-1", "b@w3 < join-1"]);
}

#[test]
fn children_of_a_parallel_run_side_by_side_and_after_orders_them() {
    let plan = body(
        "step a on h { run `true` }\n parallel { step b on h { after [c]\n run `true` }\n step c on h { run `true` }\n step d on h { run `true` } }\n step e on h { run `true` }",
    );
    assert_eq!(order(&plan), ["a@h1", "c@h1 < a@h1", "b@h1 < c@h1", "d@h1 < a@h1", "e@h1 < b@h1 d@h1"]);
    let blocks: Vec<BlockId> = plan.nodes.iter().map(|n| n.block).collect();
    assert_ne!(blocks[1], blocks[3], "each child has a block of its own");
    assert!(blocks[1..4].iter().all(|b| plan.enclosing(*b).any(|around| plan.blocks[around.index()].kind == BlockKind::Parallel)));
}

#[test]
fn the_items_of_a_batch_pass_side_by_side_and_the_next_batch_waits() {
    let plan = body("for x in t batch 2 { step a on x { run `true` }\n step b on x { run `true` } }");
    assert_eq!(order(&plan), ["a[w1]@w1", "b[w1]@w1 < a[w1]@w1", "a[w2]@w2", "b[w2]@w2 < a[w2]@w2", "a[w3]@w3 < b[w1]@w1 b[w2]@w2", "b[w3]@w3 < a[w3]@w3"]);
    let batches = plan.blocks.iter().filter(|b| b.kind == BlockKind::Batch).count();
    assert_eq!(batches, 2);
}

#[test]
fn a_share_of_the_items_is_rounded_down_to_one_at_least() {
    for (share, batches) in [("34%", 3), ("67%", 2), ("100%", 1), ("1%", 3)] {
        let plan = body(&format!("for x in t batch {share} {{ step a on x {{ run `true` }} }}"));
        assert_eq!(plan.blocks.iter().filter(|b| b.kind == BlockKind::Batch).count(), batches, "{share}");
    }
}

#[test]
fn a_batch_may_ramp_up_and_stays_with_its_last_size() {
    let sizes = |batch: &str, items: usize| {
        let plan = body(&format!("for x in range({items}) batch {batch} {{ step a on h {{ run `echo {{{{ x }}}}` }} }}"));
        let batches: Vec<BlockId> =
            plan.nodes.iter().filter_map(|n| plan.enclosing(n.block).find(|b| plan.blocks[b.index()].kind == BlockKind::Batch)).collect();
        batches.chunk_by(|a, b| a == b).map(<[_]>::len).collect::<Vec<_>>()
    };
    assert_eq!(sizes("[1, 5, 20%]", 20), [1, 5, 4, 4, 4, 2]);
    assert_eq!(sizes("[1, 3]", 8), [1, 3, 3, 1]);
    assert_eq!(sizes("[50%]", 3), [1, 1, 1]);
    assert_eq!(sizes("15%", 20), [3, 3, 3, 3, 3, 3, 2]);
    assert_eq!(sizes("[1, 100%]", 1), [1]);
    assert_eq!(sizes("[1, 2]", 0), [0; 0]);
}

#[test]
fn for_once_a_batch_a_loop_goes_over_lists() {
    let plan = body("for group in (t | batch(2)) { step lock on local { run `echo {{ group }}` }\n for x in group batch 2 { step a on x { run `true` } } }");
    let paths: Vec<&str> = plan.nodes.iter().filter(|n| !matches!(n.kind, NodeKind::Join)).map(|n| n.path.as_str()).collect();
    assert_eq!(paths, ["lock[w1, w2]@local", "a[w1, w2][w1]@w1", "a[w1, w2][w2]@w2", "lock[w3]@local", "a[w3][w3]@w3"]);
}

#[test]
fn without_a_batch_items_pass_one_by_one() {
    let plan = body("for x in t { step a on x { run `true` } }");
    assert_eq!(order(&plan), ["a[w1]@w1", "a[w2]@w2 < a[w1]@w1", "a[w3]@w3 < a[w2]@w2"]);
}

#[test]
fn a_when_at_the_head_of_a_loop_takes_items_out_before_they_are_batched() {
    let plan = body("for x in t batch 2 { when x != \"w1\"\n step a on x { run `true` } }");
    assert_eq!(order(&plan), ["a[w2]@w2", "a[w3]@w3"]);
    assert!(plan.nodes.iter().all(|n| n.when.is_empty()));
}

#[test]
fn a_pause_stands_between_batches_and_not_behind_the_last() {
    let plan = body("for x in t batch 2 pause 30s { step a on x { run `true` } }");
    assert_eq!(order(&plan)[2..], ["pause@local < a[w1]@w1 a[w2]@w2", "a[w3]@w3 < pause@local"]);
    assert!(matches!(plan.nodes[2].spec().and_then(|s| s.does.as_ref()), Some(Does::Sleep(30))));
}

const HELD: &str = "action k.held() { run `take`\n undo `give` }\n";

#[test]
fn a_scope_without_a_block_holds_to_the_end_and_scopes_are_left_in_reverse() {
    let plan = planned(
        &format!(
            "{HELD}runbook x {{ target h: host = \"h1\"\n during k.held() on h release always\n during k.held() on local release ask\n step a on h {{ run `true` }} }}"
        ),
        &given(&[], &[]),
    );
    assert_eq!(
        order(&plan),
        ["k.held@h1", "k.held@local < k.held@h1", "a@h1 < k.held@local", "leave-k.held@local < a@h1", "leave-k.held@h1 < leave-k.held@local"]
    );
    let held = plan.enclosing(plan.nodes[2].block).filter(|b| matches!(plan.blocks[b.index()].kind, BlockKind::Held { .. })).count();
    assert_eq!(held, 2);
    assert_eq!(plan.nodes[0].block, BlockId(0), "entering is a step of the block around it");
}

#[test]
fn a_scope_on_a_set_is_entered_and_left_on_every_host() {
    let plan = planned(
        &format!("{HELD}runbook x {{ target t = [\"w1\", \"w2\"]\n during k.held() on t release always {{ step a on t {{ run `true` }} }} }}"),
        &given(&[], &[]),
    );
    assert_eq!(
        order(&plan),
        [
            "k.held@w1",
            "k.held@w2",
            "join-1 < k.held@w1 k.held@w2",
            "a@w1 < join-1",
            "a@w2 < join-1",
            "join-2 < a@w1 a@w2",
            "leave-k.held@w1 < join-2",
            "leave-k.held@w2 < join-2"
        ]
    );
    let NodeKind::Leave { enter } = plan.nodes[7].kind else { panic!("a leave") };
    assert_eq!(plan.node(enter).path, "k.held@w2");
    assert!(plan.blocks.iter().any(|b| b.kind == BlockKind::Held { by: vec![NodeId(0), NodeId(1)] }));
}

#[test]
fn a_step_replaces_its_actions_fields_and_requirements_and_checks_add_up() {
    let text = "action a.b(n: int) { require \"one\" `true`\n run `echo {{ n }}`\n verify `one`\n undo `back`\n timeout 5m }\n\
        runbook x { target h: host = \"h1\"\n step s on h { use a.b(n: 3)\n require \"two\" `true`\n verify `two`\n undo none \"why not\" } }";
    let plan = planned(text, &given(&[], &[]));
    let spec = plan.nodes[0].spec().expect("a step");
    assert_eq!((spec.requires.len(), spec.verify.len()), (2, 2));
    assert!(matches!(&spec.undo, UndoSpec::None(why) if why == "why not"));
    let Some(Does::Run(command)) = &spec.does else { panic!("it runs") };
    assert_eq!(command.timeout, 300);
    assert!(plan.frames[command.frame.index()].sealed);
    assert_eq!(crate::plan::shown::command(&plan, command, Some("h1")), "echo 3");
}

#[test]
fn settings_of_blocks_are_inherited_until_said_otherwise() {
    let plan = body(
        "boundary b { on h\n as \"svc\"\n env { A = \"1\"; B = \"2\" }\n step a { run `true`\n undo none \"x\" }\n step c { as \"root\"\n env { B = \"3\" }\n run `true`\n undo none \"x\" } }",
    );
    let user = |at: usize| {
        let Some(Does::Run(command)) = &plan.nodes[at].spec().expect("a step").does else { panic!("it runs") };
        let env: Vec<String> = command.env.iter().map(|(n, v)| if let Bound::Value(v) = v { format!("{n}={}", v.display()) } else { n.clone() }).collect();
        (command.user.as_ref().expect("a user").source_text().text.clone(), env.join(" "))
    };
    assert_eq!(user(0), ("svc".to_owned(), "A=1 B=2".to_owned()));
    assert_eq!(user(1), ("root".to_owned(), "A=1 B=3".to_owned()));
    assert_eq!(plan.hosts[0].users, ["svc", "root"]);
}

#[test]
fn a_gate_knows_that_a_point_of_no_return_lies_behind_it() {
    let plan = body(
        "gate one \"?\" { timeout 1h then park }\n step a on h { run `true` }\n gate two \"?\" { timeout 1h then park }\n step b on h { run `true`\n irreversible \"gone\" }",
    );
    let guards: Vec<bool> = plan.nodes.iter().filter_map(|n| if let NodeKind::Gate(g) = &n.kind { Some(g.guards_irreversible) } else { None }).collect();
    assert_eq!(guards, [false, true]);
}

#[test]
fn conditions_of_blocks_come_before_those_of_steps() {
    let plan = body("param p: string = \"v\"\n boundary b { when p == \"v\"\n step a on h { when p != \"w\"\n run `true`\n undo none \"x\" } }");
    let when: Vec<&str> = plan.nodes[0].when.iter().map(|w| w.that.source_text().text.trim()).collect();
    assert_eq!(when, ["p == \"v\"", "p != \"w\""]);
}

#[test]
fn the_hash_forgets_the_layout_and_minds_everything_that_happens() {
    let text = "runbook x { target h: host = \"h1\"\n param n: int = 1\n step a on h { run `echo {{ n }}` } }";
    let hash = |text: &str, n: &str| planned(text, &given(&[("n", n)], &[])).hash;
    assert_eq!(hash(text, "1"), hash(&text.replace("\n", "\n\n   # a comment\n  "), "1"));
    assert_ne!(hash(text, "1"), hash(text, "2"));
    assert_ne!(hash(text, "1"), hash(&text.replace("echo", "echo --"), "1"));
}

#[test]
fn a_plan_survives_being_written_and_read() {
    let plan = super::example::example();
    let text = serde_json::to_string(&plan).expect("it can be written");
    let read: Plan = serde_json::from_str(&text).expect("it can be read");
    assert_eq!(serde_json::to_string(&read).expect("again"), text);
}

/// Of a run in which nothing has ended yet.
#[derive(Debug)]
struct Nothing;

impl crate::plan::names::Outcomes for Nothing {
    fn outcome(&self, _: NodeId) -> crate::plan::names::Outcome {
        crate::plan::names::Outcome::Otherwise
    }
}

#[test]
fn what_was_read_on_a_set_is_a_hosts_own_there_and_a_map_elsewhere() {
    use crate::plan::names::Names;
    use crate::plan::template::Scope;
    use crate::value::Value;
    let plan = body("fact lag: int on t = `echo 1`\n step a on t { when lag > 0\n run `true` }\n step b on h { when max(lag) > 0\n run `true` }");
    let slots = BTreeMap::from([(SlotId(0), BTreeMap::from([("w1".to_owned(), Value::Int(1)), ("w2".to_owned(), Value::Int(2))]))]);
    let names =
        |host| Names { plan: &plan, frame: FrameId(0), host: Some(host), slots: &slots, now: Some(0), operator: "me", run_id: "r1", outcomes: &Nothing };
    assert_eq!(names("w2").lookup("lag"), Some(Value::Int(2)));
    assert_eq!(names("w3").lookup("lag"), None, "not read there");
    assert!(matches!(names("h1").lookup("lag"), Some(Value::PerHost(_))));
    assert_eq!(names("h1").lookup("host"), Some(Value::String("h1".to_owned())));
}

#[test]
fn a_plan_beyond_all_measure_is_refused_and_ends() {
    let began = std::time::Instant::now();
    let text = "runbook x { for a in range(1000) { for b in range(1000) { for c in range(1000) { step s on local { run `true` } } } } }";
    let errors = try_plan(text, &given(&[], &[])).expect_err("a thousand million steps");
    assert_eq!(errors.iter().map(|e| (e.code, e.message.as_str())).collect::<Vec<_>>(), [("RB0412", "the plan has more than 200000 nodes")]);
    assert!(began.elapsed().as_secs() < 120, "{:?}", began.elapsed());
}

#[test]
fn a_thousand_hosts_are_planned_in_no_time() {
    let hosts: Vec<String> = (0..1000).map(|n| format!("w{n}")).collect();
    let hosts: Vec<&str> = hosts.iter().map(String::as_str).collect();
    let began = std::time::Instant::now();
    let plan = planned(
        "runbook x { target t\n step a on t { use service.stopped(name: \"x\") }\n step b on t { use service.running(name: \"x\") } }",
        &given(&[], &[("t", &hosts)]),
    );
    assert_eq!(plan.nodes.len(), 2001);
    assert!(began.elapsed().as_secs() < 20, "{:?}", began.elapsed());
}

/// Files of a project, by their path.
#[derive(Debug)]
struct Project;

impl crate::plan::ProjectFiles for Project {
    fn pin(&self, path: &str, _: grammar::source::SourceId) -> Result<PinnedFile, crate::check::LoadError> {
        match path {
            "a" => Ok(PinnedFile { hash: "0123456789abcdef".repeat(4), size: 1500, executable: false }),
            _ => Err(crate::check::LoadError::Outside),
        }
    }
}

#[test]
fn what_crosses_is_pinned_and_its_commands_stand_in_the_plan() {
    let text = "runbook x {\n target t = [\"h1\", \"h2\"]\n param p: string = \"a\"\n fact f: string on t = `echo b`\n step s on t { as \"web\"\n upload \"{{ p }}\" to \"/srv/{{ host }}/{{ f }}\" }\n step d on t { download \"/var/log/{{ f }}\" to \"{{ host }}.log\" }\n}";
    let inputs = crate::plan::Inputs { files: Some(std::rc::Rc::new(Project)), ..given(&[], &[]) };
    let plan = try_plan(text, &inputs).unwrap_or_else(|errors| panic!("{errors:#?}"));
    let shown: Vec<Option<String>> = plan.iter().map(|(id, _)| crate::plan::shown::node(&plan, id).command).collect();
    let shown: Vec<&str> = shown.iter().flatten().map(String::as_str).collect();
    assert_eq!(
        shown,
        [
            "upload a to /srv/h1/{{ f }}   (1500B, sha256 0123456789ab)",
            "upload a to /srv/h2/{{ f }}   (1500B, sha256 0123456789ab)",
            "download /var/log/{{ f }} to h1.log",
            "download /var/log/{{ f }} to h2.log"
        ]
    );
    assert!(plan.hosts.iter().all(|h| h.sums && h.users == ["web"]));
    let Some(Does::Upload(upload)) = &plan.nodes[0].spec().expect("a step").does else { panic!("it uploads") };
    assert!(upload.put.script.source_text().text.starts_with("at={{ to }}\nsay() {"), "{}", upload.put.script.source_text().text);
    assert!(plan.nodes.iter().filter(|n| n.host.is_some()).all(Node::changes));
}

#[test]
fn succeeded_asks_about_its_own_item_and_from_outside_about_all() {
    use crate::plan::names::{Names, Outcome, Outcomes};
    use crate::plan::template::Scope;

    /// Most did it, on `w2` it failed, and where the test says so it was skipped.
    #[derive(Debug)]
    struct Ended(Plan, &'static str);
    impl Outcomes for Ended {
        fn outcome(&self, node: NodeId) -> Outcome {
            match self.0.node(node).host.as_deref() {
                Some("w1" | "w3") => Outcome::Succeeded,
                Some(host) if host == self.1 => Outcome::Skipped,
                _ => Outcome::Otherwise,
            }
        }
    }
    let plan = body(
        "for x in t { step a on x { run `true` }\n step b on h { when succeeded(\"a\")\n run `true` } }\n step c on t { when succeeded(\"a\")\n run `true` }\n step d on h { when succeeded(\"a\")\n run `true` }",
    );
    let slots = BTreeMap::new();
    let asked = |path: &str, ended: &Ended| {
        let node = plan.node(plan.find(path)[0]);
        let names =
            Names { plan: &plan, frame: node.frame, host: node.host.as_deref(), slots: &slots, now: None, operator: "me", run_id: "r1", outcomes: ended };
        names.succeeded("a")
    };
    let ended = Ended(plan.clone(), "nowhere");
    assert_eq!(asked("b[w1]@h1", &ended), Some(true), "its own item");
    assert_eq!(asked("b[w2]@h1", &ended), Some(false));
    assert_eq!(asked("c@w1", &ended), Some(true), "its own host");
    assert_eq!(asked("c@w2", &ended), Some(false));
    assert_eq!(asked("d@h1", &ended), Some(false), "all of it");
    let ended = Ended(plan.clone(), "w2");
    assert_eq!(asked("d@h1", &ended), Some(true), "what was not to run has no say");
    assert_eq!(asked("c@w2", &ended), Some(false), "but it did not succeed there");
}
