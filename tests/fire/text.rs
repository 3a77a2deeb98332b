//! A book in the native spelling.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use super::book::{Book, Does, Fails, Piece, Scope, Step};

/// The runbook. Every command appends a line to the effect log when it begins and one when it ends, in one write each.
pub fn text(book: &Book) -> String {
    let lock = if book.locks { "  lock \"{{ lock }}\"\n" } else { "" };
    let mut pen = Pen::default();
    pen.pieces(&book.pieces, 1, None);
    let targets: String = pen.targets.values().map(|line| format!("  {line}\n")).collect();
    format!("{}runbook fire.book \"Under fire\" {{\n  param dir: path\n  param lock: string = \"fire\"\n{targets}{lock}{}}}\n", pen.actions, pen.body)
}

#[derive(Default)]
struct Pen {
    actions: String,
    body: String,
    /// By name: `on` takes no list.
    targets: BTreeMap<String, String>,
    loops: usize,
}

impl Pen {
    fn line(&mut self, depth: usize, text: &str) {
        let _ = writeln!(self.body, "{}{text}", "  ".repeat(depth));
    }

    fn pieces(&mut self, all: &[Piece], depth: usize, item: Option<&str>) {
        for piece in all {
            match piece {
                Piece::Gate(id) => self.line(depth, &format!("gate {id} \"Go on?\" {{ timeout 1h then park }}")),
                Piece::Step(step) => {
                    let on = self.on(step, item);
                    self.line(depth, &format!("step {} on {on} {{", step.id));
                    fields(step, depth + 1, &mut self.body);
                    self.line(depth, "}");
                }
                Piece::Boundary(id, body) => self.block(depth, &format!("boundary {id} \"All or nothing\""), body, item),
                Piece::Parallel(branches) => {
                    self.line(depth, "parallel {");
                    for branch in branches {
                        // A branch of several pieces is a loop over one thing: there is no other plain block.
                        self.loops += 1;
                        let once = format!("for w{} in [\"x\"]", self.loops);
                        if branch.len() == 1 { self.pieces(branch, depth + 1, item) } else { self.block(depth + 1, &once, branch, item) }
                    }
                    self.line(depth, "}");
                }
                Piece::For { batch, hosts, tolerant, body } => {
                    let tolerate = if *tolerant { " tolerate 1" } else { "" };
                    self.block(depth, &format!("for h in {} batch {batch}{tolerate}", list(hosts)), body, Some("h"));
                }
                Piece::During(Scope { held: scope, on_success }, body) => {
                    let release = if *on_success { "on_success" } else { "always" };
                    let _ = writeln!(self.actions, "action hold.{}(dir: path) \"Hold {0}\" {{", scope.id);
                    fields(scope, 1, &mut self.actions);
                    self.actions.push_str("}\n\n");
                    let on = self.on(scope, item);
                    self.block(depth, &format!("during hold.{}(dir: dir) on {on} release {release}", scope.id), body, item);
                }
            }
        }
    }

    fn block(&mut self, depth: usize, head: &str, body: &[Piece], item: Option<&str>) {
        self.line(depth, &format!("{head} {{"));
        self.pieces(body, depth + 1, item);
        self.line(depth, "}");
    }

    fn on(&mut self, step: &Step, item: Option<&str>) -> String {
        if let Some(item) = item {
            return item.to_owned();
        }
        let name = step.hosts.join("_");
        match step.hosts.as_slice() {
            [one] if one == "local" => {}
            [one] => drop(self.targets.insert(name.clone(), format!("target {name}: host = \"{one}\""))),
            many => drop(self.targets.insert(name.clone(), format!("target {name} = {}", list(many)))),
        }
        name
    }
}

fn list(hosts: &[String]) -> String {
    let quoted: Vec<String> = hosts.iter().map(|host| format!("\"{host}\"")).collect();
    format!("[{}]", quoted.join(", "))
}

fn fields(step: &Step, depth: usize, out: &mut String) {
    let pad = "  ".repeat(depth);
    let id = &step.id;
    let say = |what: &str, moment: &str| format!("echo \"{what} {id} {{{{ host }}}} {moment} $$\" >> {{{{ dir }}}}/effects");
    let said = |what: &str, moment: &str| format!("grep -q \"^{what} {id} {{{{ host }}}} {moment} \" {{{{ dir }}}}/effects");
    let brought = |id: &str| format!("{{{{ dir }}}}/up/{id}-{{{{ host }}}}");
    let sleep = if step.lasts == 0 { String::new() } else { format!("sleep {}.{:03}", step.lasts / 1000, step.lasts % 1000) };
    let mut run = vec![say("run", "begin"), sleep.clone()];
    let got = |what: &str| step.uses.iter().map(|id| say(what, &format!("got={{{{ {} }}}}", value(id)))).collect::<Vec<String>>();
    run.extend(got("run"));
    run.extend(step.needs.iter().map(|id| format!("test -s {} || {}", brought(id), say("run", "early"))));
    let fail = |what: &str, status: u8| format!("{}; exit {status}", say(what, "fail"));
    match &step.fails {
        Fails::Never => run.push(say("run", "end")),
        Fails::Once => run.extend([format!("{} || {{ {}; }}", said("run", "fail"), fail("run", 7)), say("run", "end")]),
        Fails::Always => run.push(fail("run", 7)),
        Fails::On(host) => run.extend([format!("test {{{{ host }}}} != {host} || {{ {}; }}", fail("run", 7)), say("run", "end")]),
    }
    if step.captures {
        run.push(format!("echo \"{id}/{{{{ host }}}}/$$\""));
    }
    let mut undo = vec![say("undo", "begin"), sleep];
    undo.extend(got("undo"));
    if step.does == Does::Upload {
        undo.push(format!("rm -f {}", brought(id)));
    }
    if step.undo_fails {
        undo.push(format!("{} || {{ {}; }}", said("undo", "fail"), fail("undo", 9)));
    }
    undo.push(say("undo", "end"));
    let line = |parts: &[String]| parts.iter().filter(|part| !part.is_empty()).cloned().collect::<Vec<_>>().join("; ");
    if step.tells {
        let _ = writeln!(out, "{pad}check `{}`", said("run", "end"));
    }
    let _ = match step.does {
        Does::Run => writeln!(out, "{pad}run `{}`", line(&run)),
        Does::Upload => writeln!(out, "{pad}upload \"files/{id}\" to \"{}\"", brought(id)),
        Does::Download => writeln!(out, "{pad}download \"{{{{ dir }}}}/src/{id}\" to \"down/{id}-{{{{ host }}}}\""),
    };
    if step.captures {
        let _ = writeln!(out, "{pad}capture {}: string", value(id));
    }
    if step.tells {
        let _ = writeln!(out, "{pad}verify `{}`", said("run", "end"));
    }
    match step.undone {
        true => {
            let _ = writeln!(out, "{pad}undo `{}`", line(&undo));
        }
        false => {
            let _ = writeln!(out, "{pad}undo none \"it is let be\"");
        }
    }
    if step.retries > 0 {
        let _ = writeln!(out, "{pad}retry {} every 0s", step.retries);
    }
}

/// The name of what a step captures.
fn value(id: &str) -> String {
    format!("v{id}")
}
