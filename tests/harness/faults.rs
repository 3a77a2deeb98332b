//! Faults that are put into a runbook's text, one piece of it at a time.

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Step,
    Manual,
    Gate,
}

/// What can go wrong in a runbook: a step, what a person does, what a person is asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Piece {
    pub kind: Kind,
    pub id: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// A step is refused before it has done anything.
    Before,
    /// A step has done all its work, or a person says so, and then the postcondition does not hold.
    After,
    /// A person says no, or that they could not do it.
    No,
}

impl Piece {
    pub fn faults(&self) -> &'static [Fault] {
        match self.kind {
            Kind::Step => &[Fault::Before, Fault::After],
            Kind::Manual => &[Fault::After, Fault::No],
            Kind::Gate => &[Fault::No],
        }
    }

    fn header(&self) -> String {
        let word = match self.kind {
            Kind::Step => "step",
            Kind::Manual => "manual",
            Kind::Gate => "gate",
        };
        format!("{word} {} ", self.id)
    }
}

/// The pieces of a runbook, in the order of the text.
pub fn pieces(text: &str) -> Vec<Piece> {
    let kinds = [("step ", Kind::Step), ("manual ", Kind::Manual), ("gate ", Kind::Gate)];
    let piece = |line: &str| {
        let (rest, kind) = kinds.iter().find_map(|(word, kind)| Some((line.trim_start().strip_prefix(word)?, *kind)))?;
        Some(Piece { kind, id: rest.split_whitespace().next()?.to_owned() })
    };
    text.lines().filter_map(piece).collect()
}

/// The runbook with a fault in this piece. A no is no matter of the text.
pub fn broken(text: &str, piece: &Piece, fault: Fault) -> String {
    let field = match fault {
        Fault::Before => "require \"a fault of the test\" `false`",
        Fault::After => "verify `false`",
        Fault::No => return text.to_owned(),
    };
    let header = piece.header();
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
    assert_eq!(found, 1, "one piece of the name {}", piece.id);
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

/// The runbook with a fault in what takes this step back, for a series that goes down: there that is what is done.
pub fn broken_undo(text: &str, piece: &Piece, fault: Fault) -> String {
    let header = piece.header();
    let mut inside = false;
    let mut open = false;
    let mut found = 0;
    let mut lines: Vec<String> = Vec::new();
    for line in text.lines() {
        let trimmed = line.trim_start();
        let margin = &line[..line.len() - trimmed.len()];
        inside |= trimmed.starts_with(&header);
        if open && trimmed == "```" {
            (open, inside) = (false, false);
            if fault == Fault::After {
                lines.push(format!("{margin}false"));
            }
        }
        match trimmed.strip_prefix("undo").map(str::trim_start) {
            Some("```") if inside => {
                (open, found) = (true, found + 1);
                lines.push(line.to_owned());
                if fault == Fault::Before {
                    lines.push(format!("{margin}  false"));
                }
            }
            Some(command) if inside => {
                (inside, found) = (false, found + 1);
                let command = command.trim_matches('`');
                lines.push(if fault == Fault::Before { format!("undo `false; {command}`") } else { format!("undo `{command}; false`") });
            }
            _ => lines.push(line.to_owned()),
        }
    }
    assert_eq!(found, 1, "one undo of {}", piece.id);
    lines.join("\n") + "\n"
}
