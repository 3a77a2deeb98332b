//! One test a piece and a field: what it becomes, and that both spellings say the same.

use grammar::ast::{Condition, Does, File, Operand, Piece, Runbook, Step, Undo};
use grammar::source::{Source, SourceId};
use grammar::{Spelling, parse_as};

fn read(text: &str, spelling: Spelling) -> File {
    let source = Source { id: SourceId(0), path: "test".to_owned(), text: text.to_owned() };
    let parsed = parse_as(&source, spelling);
    assert_eq!(parsed.diagnostics, [], "{text}");
    parsed.file
}

/// Reads both spellings and finds them equal.
#[track_caller]
fn same(native: &str, yaml: &str) -> File {
    let (native, yaml) = (read(native, Spelling::Native), read(yaml, Spelling::Yaml));
    assert_eq!(native, yaml);
    native
}

/// The same for the lines of a runbook `x`.
#[track_caller]
fn runbook(native: &str, yaml: &str) -> Runbook {
    let file = same(&format!("runbook x {{\n{native}\n}}\n"), &format!("runbook: x\n{yaml}\n"));
    file.runbooks.into_iter().next().expect("one runbook")
}

/// The same for the pieces of a runbook `x`.
#[track_caller]
fn piece(native: &str, yaml: &str) -> Piece {
    let indented: String = yaml.lines().map(|line| format!("  {line}\n")).collect();
    runbook(native, &format!("steps:\n{indented}")).body.pieces.into_iter().next().expect("one piece")
}

/// The same for the fields of a step `s`.
#[track_caller]
fn step(native: &str, yaml: &str) -> Step {
    let indented: String = yaml.lines().map(|line| format!("  {line}\n")).collect();
    match piece(&format!("step s on web {{\n{native}\n}}"), &format!("- step: s\n  on: web\n{indented}")) {
        Piece::Step(step) => step,
        other => panic!("{other:?}"),
    }
}

fn text(operand: &Operand) -> &str {
    match operand {
        Operand::Literal(text) | Operand::Computed(text) => &text.text,
        Operand::List(_) => "a list",
    }
}

#[test]
fn a_runbook_has_a_head() {
    let runbook = runbook(
        "about \"a\"; source \"b\"; owner \"c\"; verified 2021-09-13; window \"Mon-Thu\"; signers \"who\"\nlock \"l\"; lock \"m\"",
        "about: a\nsource: b\nowner: c\nverified: 2021-09-13\nwindow: Mon-Thu\nsigners: who\nlock: [l, m]",
    );
    assert_eq!(runbook.verified.map(|v| v.text), Some("2021-09-13".to_owned()));
    assert_eq!(runbook.locks.len(), 2);
}

#[test]
fn a_library_has_imports_and_actions() {
    let file = same(
        "import \"a.runbook\"\nimport \"b.runbook\"\naction service.stopped(name: string, wait: duration = 30s, hosts: list(host)?) \"Stop {{ name }}\" {\n as \"root\"; check `a`; run `b`\n fact x: bool on web = `c`; require \"why\" x\n}\n",
        "import: [a.runbook, b.runbook]\naction: service.stopped\ntitle: Stop {{ name }}\nparams:\n  name: string\n  wait: {type: duration, default: 30s}\n  hosts: list(host)?\nas: root\ncheck: a\nrun: b\nfacts: {x: {type: bool, on: web, cmd: c}}\nrequire: {why: why, that: x}\n",
    );
    assert_eq!(file.imports.len(), 2);
    let hosts = &file.actions[0].params[2].kind;
    assert_eq!((hosts.name.as_str(), hosts.of.as_ref().map(|of| of.value.as_str()), hosts.optional), ("list", Some("host"), true));
}

#[test]
fn a_file_holds_several_runbooks_and_actions() {
    let file = same("import \"a\"\nrunbook a { }\naction b { run `x` }\nrunbook c { }\n", "import: a\nrunbook: a\n---\naction: b\nrun: x\n---\nrunbook: c\n");
    assert_eq!((file.runbooks.len(), file.actions.len()), (2, 1));
}

#[test]
fn a_param_has_a_type_a_default_and_limits() {
    let runbook = runbook(
        "param a: string\nparam b: int? = none { help \"h\"; one_of [1, 2]; matches \"^x\"; min 1; max 10 }\nparam c: list(string) = [\"x\", # first\n \"y\",\n]\nparam d: path = base ~ \"/x\"; param e: string = \"{{ b }}\"; param f: int = -5",
        "params:\n  a: string\n  b: {type: int?, default: \"{{ none }}\", help: h, one_of: [1, 2], matches: ^x, min: 1, max: 10}\n  c: {type: list(string), default: [x, y]}\n  d: {type: path, default: '{{ base ~ \"/x\" }}'}\n  e: {type: string, default: '{{ b }}'}\n  f: {type: int, default: -5}",
    );
    assert!(matches!(&runbook.params[2].default, Some(Operand::List(items)) if items.len() == 2));
    assert_eq!(runbook.params[3].default.as_ref().map(text), Some("base ~ \"/x\""));
    assert!(matches!(&runbook.params[4].default, Some(Operand::Computed(e)) if e.text == "b"));
}

#[test]
fn a_target_is_one_host_or_a_set_or_left_open() {
    runbook(
        "target web: host = \"h\"\ntarget db = [\"a\", \"b\"]\ntarget open\ntarget one: host\ntarget primary: host = db[0]",
        "targets:\n  web: {type: host, is: h}\n  db: {is: [a, b]}\n  open:\n  one: host\n  primary: {type: host, is: '{{ db[0] }}'}",
    );
}

#[test]
fn a_fact_at_the_top_belongs_to_preflight_and_elsewhere_is_a_piece() {
    let runbook = runbook(
        "fact a: bool on web = `x` { as \"u\"; env { A = \"1\" }; stdin \"s\"; timeout 5m; secret true }\nparallel { fact b: list(int) on web, db = `y` }",
        "facts:\n  a: {type: bool, on: web, cmd: x, as: u, env: {A: 1}, stdin: s, timeout: 5m, secret: true}\nsteps:\n- parallel:\n  - fact: b\n    type: list(int)\n    on: [web, db]\n    cmd: y",
    );
    assert_eq!(runbook.facts.len(), 1);
    assert!(matches!(&runbook.body.pieces[0], Piece::Parallel(block) if matches!(block.pieces[0], Piece::Fact(_))));
}

#[test]
fn a_requirement_is_an_expression_or_a_command() {
    let runbook = runbook(
        "require \"a\" not in_sync and (x.on == \"on\") on web, db\nrequire \"b\" `test -f x` on web\nrequire \"c\" (a or b)",
        "require:\n- {why: a, that: not in_sync and (x.on == \"on\"), on: \"web, db\"}\n- {why: b, cmd: test -f x, on: web}\n- {why: c, that: a or b}",
    );
    assert!(matches!(&runbook.requires[0].that, Condition::Holds(e) if e.text == "not in_sync and (x.on == \"on\")"));
    assert_eq!(runbook.requires[0].on.len(), 2);
}

#[test]
fn a_notification_names_its_events() {
    runbook("notify chat.post(to: \"ops\") on [started, done,]\nnotify pager", "notify:\n- {chat.post: {to: ops}, on: [started, done]}\n- pager");
}

#[test]
fn a_step_may_have_any_word_as_its_id() {
    let piece = piece("step on \"t\" on web, db { run `x` }", "- step: on\n  title: t\n  on: web, db\n  run: x");
    assert!(matches!(piece, Piece::Step(step) if step.id.value == "on" && step.settings.on.len() == 2));
}

#[test]
fn a_step_runs_a_command_of_several_lines() {
    let step =
        step("run ```\n      set x\n        if y; then\n\n      fi } # no comment\n      ```", "run: |\n  set x\n    if y; then\n\n  fi } # no comment\n");
    assert!(matches!(step.fields.does, Some(Does::Run(run)) if run.text == "set x\n  if y; then\n\nfi } # no comment"));
}

#[test]
fn a_step_uses_an_action() {
    let step = step(
        "use service.stopped(\n  name: \"mariadb\", # which\n  wait: 10m, n: 5, all: true, of: [a, \"b\"],\n  both: (x + y), p: web[0].name, m: {\"k\": 1},\n)",
        "use:\n  service.stopped: {name: mariadb, wait: 10m, n: 5, all: true, of: ['{{ a }}', b], both: '{{ x + y }}', p: '{{ web[0].name }}', m: '{{ {\"k\": 1} }}'}",
    );
    let Some(Does::Use(call)) = step.fields.does else { panic!() };
    assert_eq!(call.args.len(), 8);
}

#[test]
fn an_action_without_arguments_is_just_its_name() {
    step("use host.rebooted", "use: host.rebooted");
    step("use host.rebooted()", "use: {host.rebooted: {}}");
}

#[test]
fn a_step_moves_files_or_waits() {
    step("upload \"a\" to \"/b\"", "upload: {src: a, to: /b}");
    step("download \"/b\" to \"a\"", "download: {src: /b, to: a}");
    step("sleep 30s", "sleep: 30s");
    step("sleep (wait * 2)", "sleep: wait * 2");
}

#[test]
fn a_step_verifies_once_or_often() {
    let step = step(
        "verify `a`\nverify `b` every 5s within (a + b)\nverify `c` within wait.max",
        "verify:\n- a\n- {cmd: b, every: 5s, within: a + b}\n- {cmd: c, within: wait.max}",
    );
    assert_eq!(step.fields.verify.len(), 3);
}

#[test]
fn a_step_is_undone_by_a_command_or_a_person_or_not_at_all() {
    assert!(matches!(step("run `x`; undo `y`", "run: x\nundo: y").fields.undo, Some(Undo::Command(_))));
    assert!(matches!(step("run `x`; undo none \"why\"", "run: x\nundo: {none: why}").fields.undo, Some(Undo::None(_))));
    assert!(matches!(step("run `x`; undo manual \"do\"", "run: x\nundo: {manual: do}").fields.undo, Some(Undo::Manual(_))));
}

#[test]
fn a_step_has_every_other_field() {
    let step = step(
        "when a and\tb # only then\nafter [x, y]\ncheck `c`; run `r`; irreversible \"gone\"\ncapture v: version; capture w: list(string)\nretry 3 every 10s backoff 2 on [1, signal, timeout]\nreboots within 10m; private true; output_limit 2GiB; timeout 5m; expect 2m; tolerate 10%; unreachable skip\nstdin \"in\"; as \"u\"; cwd \"/d\"; shell \"sh\"; env { A = \"x\"; B = pw }\nfact f: int on web = `n`; require \"w\" f",
        "when: a and b\nafter: [x, y]\ncheck: c\nrun: r\nirreversible: gone\ncapture: {v: version, w: list(string)}\nretry: {times: 3, every: 10s, backoff: 2, on: [1, signal, timeout]}\nreboots: {within: 10m}\nprivate: true\noutput_limit: 2GiB\ntimeout: 5m\nexpect: 2m\ntolerate: 10%\nunreachable: skip\nstdin: in\nas: u\ncwd: /d\nshell: sh\nenv: {A: x, B: '{{ pw }}'}\nfacts: {f: {type: int, on: web, cmd: n}}\nrequire: [{why: w, that: f}]",
    );
    assert_eq!(step.when.map(|when| when.text), Some("a and b".to_owned()));
    assert_eq!(step.fields.captures.len(), 2);
    assert_eq!(step.fields.retry.map(|retry| retry.on.len()), Some(3));
}

#[test]
fn the_short_forms_of_yaml_are_the_first_part_alone() {
    step("run `x`; retry 3; reboots within 10m; capture a: int", "run: x\nretry: 3\nreboots: 10m\ncapture: [{a: int}]");
}

#[test]
fn a_manual_step_instructs_a_person() {
    piece(
        "manual m \"t\" on web { instructions \"\"\"\n  Look.\n    Twice.\n  \"\"\"\n evidence n: int \"How many?\"; evidence s: string \"Which?\"; verify `v` }",
        "- manual: m\n  title: t\n  on: web\n  instructions: |\n    Look.\n      Twice.\n  evidence:\n  - {name: n, type: int, ask: How many?}\n  - {name: s, type: string, ask: Which?}\n  verify: v",
    );
}

#[test]
fn a_gate_has_every_field() {
    let gate = piece(
        "gate g \"Go?\" { when x; after a; on web\n show `uptime; who` on web, db; show `x`; confirm \"reboot\"; choices [\"a\", \"b\"]; approvers [\"dba\", oncall]\n second_person true; valid_for 2h; timeout 30m then rollback }",
        "- gate: g\n  question: Go?\n  when: x\n  after: a\n  on: web\n  show: [{cmd: uptime; who, on: [web, db]}, x]\n  confirm: reboot\n  choices: [a, b]\n  approvers: [dba, '{{ oncall }}']\n  second_person: true\n  valid_for: 2h\n  timeout: {after: 30m, then: rollback}",
    );
    let Piece::Gate(gate) = gate else { panic!() };
    assert_eq!(gate.timeout.and_then(|timeout| timeout.then).map(|then| then.value), Some("rollback".to_owned()));
    piece("gate g { timeout d }", "- {gate: g, timeout: d}");
}

#[test]
fn the_question_of_a_gate_may_be_called_its_title() {
    piece("gate g \"Go?\" { timeout 5m then park }", "- {gate: g, title: Go?, timeout: {after: 5m, then: park}}");
}

#[test]
fn a_boundary_has_a_policy_and_a_budget() {
    piece(
        "boundary b \"t\" { on_failure park; budget 15m; on web; as \"u\"; require \"w\" x; step s { run `x` } }",
        "- boundary: b\n  title: t\n  on_failure: park\n  budget: 15m\n  on: web\n  as: u\n  steps:\n  - require: {why: w, that: x}\n  - {step: s, run: x}",
    );
}

#[test]
fn a_scope_has_a_block_or_holds_to_the_end_of_the_enclosing_one() {
    let open = piece("during a.b(for: 30m) on web release on_success", "- during: {a.b: {for: 30m}}\n  on: web\n  release: on_success");
    assert!(matches!(open, Piece::During(during) if during.block.is_none() && during.settings.on.len() == 1));
    let closed = piece(
        "during a.b on web, db release always { when x; as \"u\"; step s { run `x` } }",
        "- during: a.b\n  on: [web, db]\n  release: always\n  when: x\n  as: u\n  steps: [{step: s, run: x}]",
    );
    assert!(matches!(closed, Piece::During(during) if during.block.as_ref().is_some_and(|block| block.pieces.len() == 1)));
}

#[test]
fn parallel_pieces_may_be_ordered() {
    piece("parallel { on web; step a { run `a` }; step b { after a; run `b` } }", "- parallel: [{step: a, run: a}, {step: b, after: [a], run: b}]\n  on: web");
}

#[test]
fn a_loop_goes_in_batches() {
    let native = "for h in web batch [1, 5, 20%,] pause 10m tolerate 15% { when h.ready; step s on h { run `x` } }";
    let each =
        piece(native, "- for: h\n  in: web\n  batch: [1, 5, 20%]\n  pause: 10m\n  tolerate: 15%\n  when: h.ready\n  steps:\n  - {step: s, on: h, run: x}");
    let Piece::For(each) = each else { panic!() };
    assert_eq!(each.batch.map(|batch| batch.text), Some("[1, 5, 20%]".to_owned()));
    let group = piece("for g in (web | batch(2)) { }", "- {for: g, in: web | batch(2), steps: []}");
    assert!(matches!(group, Piece::For(each) if each.over.text == "web | batch(2)"));
    piece("for g in dates(a, b)[0].x { }", "- {for: g, in: 'dates(a,b)[0].x'}");
    piece("for g in [\n  a,\n  b # two\n] { }", "- {for: g, in: [a, b]}");
}

#[test]
fn a_call_passes_arguments() {
    piece(
        "call c other.runbook(a: 5, web: db) { when x; after y }",
        "- call: c\n  runbook: other.runbook\n  with: {a: 5, web: '{{ db }}'}\n  when: x\n  after: y",
    );
    piece("call c other", "- {call: c, runbook: other}");
}

#[test]
fn a_series_goes_from_a_version_to_another() {
    piece(
        "series \"up/\" from installed to (goal | default(x)) { step s on web { run `x` } }",
        "- series: up/\n  from: installed\n  to: goal | default(x)\n  steps: [{step: s, on: web, run: x}]",
    );
    piece("series \"up/\" from installed down to 3.2 { }", "- series: up/\n  from: installed\n  down: true\n  to: \"3.2\"");
}

#[test]
fn a_block_has_settings_that_hold_inside() {
    let runbook = runbook(
        "on web; as \"u\"; cwd \"/\"; shell \"sh\"; timeout 5m; unreachable park; when x",
        "on: web\nas: u\ncwd: /\nshell: sh\ntimeout: 5m\nunreachable: park\nwhen: x",
    );
    assert!(runbook.body.when.is_some());
}

#[test]
fn escapes_are_undone_but_for_the_one_that_the_template_layer_undoes() {
    let step = step(r#"run `x`; stdin "a\"b\\c\nd\te\{{ f }}""#, "run: x\nstdin: |\n  a\"b\\c\n  d\te\\{{ f }}");
    assert_eq!(step.fields.stdin.map(|stdin| stdin.text), Some("a\"b\\c\nd\te\\{{ f }}".to_owned()));
}

#[test]
fn line_ends_of_windows_change_nothing() {
    let native = "runbook x {\n  step s on web {\n    run ```\n      a\n\n      b\n      ```\n  }\n}\n";
    let yaml = "runbook: x\nsteps:\n- step: s\n  on: web\n  run: |\n    a\n\n    b\n";
    let file = same(native, yaml);
    assert_eq!(file, same(&native.replace('\n', "\r\n"), &yaml.replace('\n', "\r\n")));
}

#[test]
fn a_byte_order_mark_is_no_part_of_the_text() {
    same("\u{feff}runbook x { }", "\u{feff}runbook: x");
}

#[test]
fn yaml_scalars_keep_their_spelling() {
    step("use a.b(v: \"1.10\", no: \"no\", o: \"0755\")", "use: {a.b: {v: 1.10, no: no, o: 0755}}");
}

#[test]
fn more_backticks_than_three_hold_a_command_with_three() {
    let step = step(
        "run ````\n  cat > notes.md <<'END'\n  ```sh\n  uptime\n  ```\n  END\n  ````",
        "run: |\n  cat > notes.md <<'END'\n  ```sh\n  uptime\n  ```\n  END\n",
    );
    assert!(matches!(step.fields.does, Some(Does::Run(run)) if run.text.contains("\n```sh\n")));
}

#[test]
fn line_breaks_at_the_end_of_a_command_are_no_part_of_it() {
    step("run `x`; undo `y`", "run: \"x\\n\"\nundo: |+\n  y\n\n");
}

#[test]
fn a_variable_of_the_environment_may_have_any_name() {
    step("run `x`; env { when = \"a\"; parallel = \"b\"; run = \"c\"; step = \"d\" }", "run: x\nenv: {when: a, parallel: b, run: c, step: d}");
}

#[test]
fn a_text_between_marks_may_hold_the_mark_in_a_line() {
    let step = step("use a.b(t: \"\"\"\n  say \"\"\"\n  more, and ]\n  \"\"\", n: 5)", "use: {a.b: {t: \"say \\\"\\\"\\\"\\nmore, and ]\", n: 5}}");
    assert!(matches!(step.fields.does, Some(Does::Use(call)) if call.args.len() == 2));
}
