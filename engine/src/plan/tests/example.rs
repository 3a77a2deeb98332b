//! The example of the language page.

use super::*;

pub(crate) const EXAMPLE: &str = include_str!("../../../../grammar/tests/data/matomo-restart.runbook");

const MAINTENANCE: &str = r#"
action matomo.maintenance(enabled: bool) "Maintenance mode" {
  check  `[ "$(matomo-console config:get General.maintenance_mode)" = {{ 1 if enabled else 0 }} ]`
  run    `matomo-console config:set General.maintenance_mode={{ 1 if enabled else 0 }}`
  undo   `matomo-console config:set General.maintenance_mode={{ 0 if enabled else 1 }}`
}
"#;

pub(crate) fn text() -> String {
    format!("{EXAMPLE}{MAINTENANCE}")
}

pub(crate) fn example() -> Plan {
    planned(&text(), &given(&[("reason", "kernel")], &[]))
}

#[test]
fn the_language_pages_example_is_planned() {
    let plan = example();
    let paths: Vec<&str> = plan.nodes.iter().map(|n| n.path.as_str()).collect();
    assert_eq!(
        paths,
        [
            "icinga.downtime@local",
            "puppet.disabled@matomo1002.eqiad.wmnet",
            "maintenance-on@matomo1002.eqiad.wmnet",
            "stop-replication@db1108.eqiad.wmnet",
            "stop-mariadb@matomo1002.eqiad.wmnet",
            "reboot",
            "reboot@matomo1002.eqiad.wmnet",
            "start-mariadb@matomo1002.eqiad.wmnet",
            "start-replication@db1108.eqiad.wmnet",
            "maintenance-off@matomo1002.eqiad.wmnet",
            "leave-puppet.disabled@matomo1002.eqiad.wmnet",
            "leave-icinga.downtime@local",
        ]
    );
}

#[test]
fn both_spellings_of_one_runbook_have_one_hash() {
    let mut yaml = parsed("t.runbook.yaml", include_str!("../../../../grammar/tests/data/matomo-restart.runbook.yaml"));
    let native = parsed("t.runbook", &text());
    yaml.file.actions = native.file.actions.clone();
    let inputs = given(&[("reason", "kernel")], &[]);
    let a = plan(&check(native, &mut NoFiles).expect("sound"), &inputs).expect("a plan");
    let b = plan(&check(yaml, &mut NoFiles).expect("sound"), &inputs).expect("a plan");
    assert_eq!(a.hash, b.hash);
    assert_eq!(a.hash.len(), 64);
}
