//! Renderings of small plans.

use super::plan_json::json;
use super::plan_mermaid::mermaid;
use super::plan_text::text;
use super::usual::Usual;
use crate::plan::tests::example::example;
use crate::plan::tests::{given, planned};

fn value(outline: &crate::plan::Outline) -> serde_json::Value {
    serde_json::to_value(json(outline, &Usual::default())).expect("it serializes")
}

#[test]
fn a_command_is_shown_as_a_person_would_type_it() {
    let plan = planned(
        "runbook a { target h: host = \"h1\"\n param name: string\n step s on h { run `echo {{ name }} {{ operator }}` } }",
        &given(&[("name", "two words")], &[]),
    );
    assert_eq!(value(&plan.into())["nodes"][0]["command"], "echo \"two words\" {{ operator }}");
}

const PAGE: &str = r#"
action site.quiet(reason: string) "Keep others off" {
  check `test -e /run/quiet`
  run   `quiet --reason {{ reason }} --by {{ operator }}`
  undo  `quiet --off`
}
action site.restarted(name: string) "Restart {{ name }}" {
  fact before: string = `since {{ name }}`
  run    `restart -- {{ name }}`
  verify `test "$(since {{ name }})" != {{ before }}`
  undo   `start -- {{ name }}`
}
runbook site.upgrade "Upgrade the site" {
  window "Mon-Thu 08:00-16:00 UTC"
  param release: version
  target web = ["web1", "web2", "web3"]
  target db: host = "db1"
  fact lag: int on db = `replication-lag`
  require "the replica keeps up" lag < 5
  during site.quiet(reason: "upgrade to {{ release }}") on db release on_success
  boundary upgrade "Users see a note" {
    budget 30m
    step note on web {
      as     "www-data"
      run    `site-note on`
      verify `site-note status` every 2s within 30s
      undo   `site-note off`
    }
    gate go "Migrate the database of {{ db }}?" {
      show     `df -h /srv` on db
      confirm  "migrate"
      timeout  30m then rollback
    }
    step migrate "Migrate" on db {
      run ```
        cd /srv/site
        ./migrate {{ release }}
        ```
      irreversible "the old release can't read the new tables"
    }
    for host_name in web batch 2 {
      step restart on host_name { use site.restarted(name: "site") }
    }
    step reboot on db {
      run `systemctl reboot`
      reboots within 10m
      undo none "a reboot can't be taken back"
    }
    manual look "Look at it" on web { instructions "Open https://{{ host }}/"
      undo none "nothing was changed" }
  }
}
"#;

#[test]
fn the_page_of_a_plan_says_order_hosts_commands_and_undos() {
    let plan = planned(PAGE, &given(&[("release", "5.1.0")], &[]));
    insta::assert_snapshot!(text(&plan.clone().into(), &Usual::default()).replace(&plan.hash[..12], "HASH"));
}

#[test]
fn the_flowchart_of_the_example_has_its_boundary_as_a_box() {
    let chart = mermaid(&example().into());
    assert!(chart.contains("subgraph b") && chart.contains("Matomo is down for its users"), "{chart}");
    assert_eq!(chart.matches("subgraph").count(), chart.matches("end\n").count(), "{chart}");
}

#[test]
fn the_json_names_no_join_and_every_node_before() {
    let plan = planned("runbook a { target t = [\"h1\", \"h2\"]\n step one on t { run `true` }\n step two on t { run `true` } }", &given(&[], &[]));
    let json = value(&plan.clone().into());
    assert_eq!(json["nodes"].as_array().map(Vec::len), Some(4));
    assert_eq!(json["nodes"][3]["after"], serde_json::json!(["one@h1", "one@h2"]));
}
