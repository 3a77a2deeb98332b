//! Renderings of small plans.

use super::plan_json::json;
use super::plan_mermaid::mermaid;
use super::plan_text::text;
use crate::plan::tests::example::example;
use crate::plan::tests::{given, planned};

#[test]
fn a_command_is_shown_as_a_person_would_type_it() {
    let plan = planned("runbook a { target h: host = \"h1\"\n param name: string\n step s on h { run `echo {{ name }} {{ operator }}` } }", &given(&[("name", "two words")], &[]));
    assert_eq!(json(&plan)["nodes"][0]["command"], "echo \"two words\" {{ operator }}");
}

#[test]
fn the_page_of_the_example_says_order_hosts_commands_and_undos() {
    insta::assert_snapshot!(text(&example()));
}

#[test]
fn the_flowchart_of_the_example_has_its_boundary_as_a_box() {
    let chart = mermaid(&example());
    assert!(chart.contains("subgraph b") && chart.contains("Matomo is down for its users"), "{chart}");
    assert_eq!(chart.matches("subgraph").count(), chart.matches("end\n").count(), "{chart}");
}

#[test]
fn the_json_names_no_join_and_every_node_before() {
    let plan = planned("runbook a { target t = [\"h1\", \"h2\"]\n step one on t { run `true` }\n step two on t { run `true` } }", &given(&[], &[]));
    let json = json(&plan);
    assert_eq!(json["nodes"].as_array().map(Vec::len), Some(4));
    assert_eq!(json["nodes"][3]["after"], serde_json::json!(["one@h1", "one@h2"]));
}
