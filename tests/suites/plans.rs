//! What `runbook plan` tells before anything runs.

use crate::harness::desk::Desk;

#[test]
fn a_plan_tells_its_critical_path_and_what_is_missing_in_the_sum() {
    let desk = Desk::new();
    let native = "runbook plans.path \"P\" {\n  target web = [\"w1\", \"w2\"]\n  step stop on web { run `true`; expect 20s }\n  gate go \"Go?\" { timeout 10m then park }\n  step copy on local { run `true` }\n  step wait on local { sleep 90s }\n}\n";
    let yaml = "runbook: plans.path\ntitle: P\ntargets:\n  web: {is: [w1, w2]}\nsteps:\n  - {step: stop, on: web, run: \"true\", expect: 20s}\n  - {gate: go, question: \"Go?\", timeout: {after: 10m, then: park}}\n  - {step: copy, on: local, run: \"true\"}\n  - {step: wait, on: local, sleep: 90s}\n";
    let mut hashes = Vec::new();
    for (name, text) in [("p.runbook", native), ("p.runbook.yaml", yaml)] {
        desk.file(name, text);
        let said = desk.runbook(["plan", name]);
        assert_eq!(said.status, 0, "{said:?}");
        for words in ["Expected to take 1m 50s at least", "stop@w1 20s, wait@local 1m 30s", "no `expect`: copy@local", "until somebody answers: go"] {
            assert!(said.out.contains(words), "{words}: {}", said.out);
        }
        let json = desk.runbook(["plan", name, "--format", "json"]);
        let json: serde_json::Value = serde_json::from_str(&json.out).expect("JSON");
        let expected = serde_json::json!({"seconds": 110, "path": ["stop@w1", "go", "copy@local", "wait@local"], "unsaid": ["copy@local"], "gates": ["go"]});
        assert_eq!((&json["expected"], &json["nodes"][0]["expect"]), (&expected, &serde_json::json!(20)));
        hashes.push(json["hash"].clone());
    }
    assert_eq!(hashes[0], hashes[1]);
}
