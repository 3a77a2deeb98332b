//! Faults that are put into a runbook's text, one step at a time.

use super::desk::Desk;
use super::fingerprint::same;
use super::lab::Lab;

/// Where a step breaks.
#[derive(Clone, Copy, Debug)]
pub enum Fault {
    /// It is refused before it has done anything.
    Before,
    /// It has done all its work, and then its postcondition does not hold.
    After,
}

/// The ids of a runbook's steps, in the order of the text.
pub fn steps(text: &str) -> Vec<String> {
    let headers = text.lines().filter_map(|line| line.trim_start().strip_prefix("step "));
    headers.filter_map(|rest| rest.split_whitespace().next()).map(str::to_owned).collect()
}

/// The runbook with a fault in this step.
pub fn broken(text: &str, step: &str, fault: Fault) -> String {
    let field = match fault {
        Fault::Before => "require \"a fault of the test\" `false`",
        Fault::After => "verify `false`",
    };
    let header = format!("step {step} ");
    let mut found = 0;
    let lines = text.lines().flat_map(|line| {
        if !line.trim_start().starts_with(&header) {
            return vec![line.to_owned()];
        }
        found += 1;
        // A block on one line, or one that opens here. `when` stays the first field.
        let (head, rest) = line.split_once(" {").unwrap_or_else(|| panic!("no block: {line}"));
        match rest.strip_suffix('}') {
            Some(fields) if fields.contains(" when ") || fields.trim().is_empty() => panic!("not foreseen: {line}"),
            Some(fields) => vec![format!("{head} {{ {field};{fields}}}")],
            None => vec![line.to_owned(), format!("@{field}")],
        }
    });
    let mut text = lines.collect::<Vec<_>>();
    assert_eq!(found, 1, "one step of the name {step}");
    // Behind a `when`, if there is one.
    if let Some(at) = text.iter().position(|line| line.starts_with('@')) {
        if text[at + 1].trim_start().starts_with("when ") {
            text.swap(at, at + 1);
        }
        let at = text.iter().position(|line| line.starts_with('@')).expect("it was just there");
        text[at] = text[at][1..].to_owned();
    }
    text.join("\n") + "\n"
}

/// Runs a runbook with a fault in each step in turn, each way, with a yes to whatever is asked. In front of the point of
/// no return it must roll back, and `look` must see what it saw before; behind it, it must park.
pub fn at_each_step(lab: &Lab, runbook: &str, point: Option<&str>, args: impl Fn(&str) -> Vec<String>, look: impl Fn() -> String) {
    at_each_step_with(lab, runbook, point, &[], args, look);
}

/// The same; of some of what is asked more than a yes is wanted.
pub fn at_each_step_with(
    lab: &Lab,
    runbook: &str,
    point: Option<&str>,
    answers: &[(&str, &[&str])],
    args: impl Fn(&str) -> Vec<String>,
    look: impl Fn() -> String,
) {
    let text = std::fs::read_to_string(runbook).expect("the runbook");
    let mut was = look();
    let mut past = false;
    for step in steps(&text) {
        for fault in [Fault::Before, Fault::After] {
            past |= point == Some(step.as_str()) && matches!(fault, Fault::After);
            let what = format!("{step} {fault:?}");
            let desk = Desk::new();
            let file = desk.file("faulty.runbook", broken(&text, &step, fault)).display().to_string();
            desk.copy_beside(runbook);
            let ran = lab.walk_with(&desk, &args(&file), "nothing", answers);
            if past {
                assert_eq!((ran.status, desk.word().as_str()), (3, "parked"), "{what}: {ran:?}");
                lab.run(&["reset", "all"]);
                was = look();
            } else {
                assert_eq!((ran.status, desk.word().as_str()), (4, "rolled_back"), "{what}: {ran:?}");
                same(&was, &look(), &what);
            }
        }
    }
}
