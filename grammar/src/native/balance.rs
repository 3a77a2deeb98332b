//! Looks over a file before it is parsed: are quotes, commands, brackets and braces closed, and how deep do they go?
//! Here these mistakes are told at the place where they were opened, which a grammar can't; and the parser's stack is
//! safe, since nothing deeper than the limit reaches it.

use crate::source::{SourceId, Span};
use crate::syntax_error::{Errors, SyntaxError};

/// How deep braces and brackets may go.
pub(crate) const DEPTH: usize = 64;

pub(crate) struct Balance {
    /// Can the parser be asked at all?
    pub(crate) parseable: bool,
    /// From here on everything is inside something that was never closed.
    pub(crate) sound_until: usize,
    pub(crate) comments: Vec<Span>,
}

struct Open {
    at: usize,
    closer: char,
    /// The indentation of the line that it stands on.
    indent: usize,
}

struct Walk<'a> {
    text: &'a str,
    source: SourceId,
    at: usize,
    /// How far lines were counted, where the line there begins, and its indentation.
    line: (usize, usize, usize),
    open: Vec<Open>,
    /// The first `}` whose indentation belongs to another block than the one it closes, and that block.
    suspect: Option<(usize, usize)>,
    result: Balance,
}

pub(crate) fn balance(text: &str, source: SourceId, errors: &mut Errors) -> Balance {
    let result = Balance { parseable: true, sound_until: text.len(), comments: Vec::new() };
    let mut walk = Walk { text, source, at: 0, line: (0, 0, indentation(text)), open: Vec::new(), suspect: None, result };
    while let Some(c) = walk.rest().chars().next() {
        walk.step(c, errors);
        if !walk.result.parseable {
            return walk.result;
        }
    }
    walk.report_open(errors);
    walk.result
}

impl Walk<'_> {
    fn rest(&self) -> &str {
        &self.text[self.at..]
    }

    fn span(&self, at: usize, length: usize) -> Span {
        Span::new(self.source, at, at + length)
    }

    fn step(&mut self, c: char, errors: &mut Errors) {
        match c {
            '#' => self.skip_comment(),
            '"' if self.rest().starts_with("\"\"\"") => self.skip_block("\"\"\"", 3, errors),
            '`' if self.rest().starts_with("```") => {
                let fence = self.rest().len() - self.rest().trim_start_matches('`').len();
                self.skip_block("```", fence, errors);
            }
            '"' => self.skip_line("\"", errors),
            '\'' => self.skip_line("'", errors),
            '`' => self.skip_line("`", errors),
            '{' => self.push('}', errors),
            '(' => self.push(')', errors),
            '[' => self.push(']', errors),
            '}' | ')' | ']' => self.pop(c, errors),
            c => self.at += c.len_utf8(),
        }
    }

    fn skip_comment(&mut self) {
        let line = self.rest().split('\n').next().unwrap_or_default();
        let (shown, length) = (line.trim_end().len(), line.len());
        self.result.comments.push(self.span(self.at, shown));
        self.at += length;
    }

    /// Quotes and commands of one line.
    fn skip_line(&mut self, mark: &'static str, errors: &mut Errors) {
        let line = self.rest().split('\n').next().unwrap_or_default();
        let mut escaped = false;
        for (at, c) in line.char_indices().skip(1) {
            match c {
                _ if escaped => escaped = false,
                '\\' if mark != "`" => escaped = true,
                c if mark.starts_with(c) => {
                    self.at += at + 1;
                    return;
                }
                _ => {}
            }
        }
        let span = self.span(self.at, 1);
        errors.push(match mark {
            "`" => SyntaxError::UnclosedCommand { span, mark },
            mark => SyntaxError::UnclosedText { span, mark },
        });
        // The block that the line opens is still the one that a `}` will close.
        let kept = line.trim_end().strip_suffix('{').map_or(line.len(), str::len);
        self.at += kept.max(1);
    }

    /// `"""`, and three backticks or more: closed on the same line, or at the beginning of a later one, by as many.
    fn skip_block(&mut self, mark: &'static str, length: usize, errors: &mut Errors) {
        let (fence, inside) = self.rest().split_at(length);
        let line = inside.split('\n').next().unwrap_or_default();
        if let Some(end) = line.find(fence) {
            self.at += length + end + length;
            return;
        }
        let mut at = line.len();
        while at < inside.len() {
            let next = &inside[at + 1..];
            let body = next.trim_start_matches([' ', '\t']);
            if body.starts_with(fence) {
                self.at += length + at + 1 + (next.len() - body.len()) + length;
                return;
            }
            at += 1 + next.find('\n').unwrap_or(next.len());
        }
        let span = self.span(self.at, length);
        errors.push(match mark {
            "```" => SyntaxError::UnclosedCommand { span, mark },
            mark => SyntaxError::UnclosedText { span, mark },
        });
        self.result.sound_until = self.at;
        self.at = self.text.len();
        // Blocks around it are not closed either, but that is no mistake of their own.
        self.open.clear();
    }

    fn push(&mut self, closer: char, errors: &mut Errors) {
        if self.open.len() == DEPTH {
            errors.push(SyntaxError::NestedTooDeep { span: self.span(self.at, 1), limit: DEPTH });
            self.result.parseable = false;
            return;
        }
        let (_, indent) = self.line();
        self.open.push(Open { at: self.at, closer, indent });
        self.at += 1;
    }

    fn pop(&mut self, closer: char, errors: &mut Errors) {
        let at = self.at;
        let (line, indent) = self.line();
        self.at += 1;
        if !self.open.iter().any(|open| open.closer == closer) {
            errors.push(SyntaxError::StrayCloser { span: self.span(at, 1), closer });
            return;
        }
        // A `)` that is missing doesn't take the block's `}` with it; a `)` too many doesn't close a block.
        if closer != '}' && self.open.last().is_some_and(|open| open.closer == '}') {
            errors.push(SyntaxError::StrayCloser { span: self.span(at, 1), closer });
            return;
        }
        while let Some(open) = self.open.pop() {
            if open.closer == closer {
                let first_in_line = line + indent == at;
                if closer == '}' && first_in_line && self.suspect.is_none() && indent < open.indent {
                    self.suspect = Some((open.at, at));
                }
                return;
            }
            errors.push(SyntaxError::UnclosedBracket { span: self.span(open.at, 1), closer: open.closer });
        }
    }

    fn report_open(&mut self, errors: &mut Errors) {
        let suspect = self.suspect.take();
        let open = std::mem::take(&mut self.open);
        for bracket in open.iter().filter(|open| open.closer != '}') {
            errors.push(SyntaxError::UnclosedBracket { span: self.span(bracket.at, 1), closer: bracket.closer });
        }
        let blocks: Vec<_> = open.iter().filter(|open| open.closer == '}').collect();
        let Some(outermost) = blocks.first() else { return };
        // One brace is missing, and the layout says which: blame the block whose closing brace belongs further out.
        match suspect {
            Some((at, closer)) if blocks.len() == 1 => {
                errors.push(SyntaxError::UnclosedBlock { span: self.span(at, 1), suspect: Some(self.span(closer, 1)) });
            }
            _ if blocks.len() == 1 => errors.push(SyntaxError::UnclosedBlock { span: self.span(outermost.at, 1), suspect: None }),
            _ => {
                for block in blocks {
                    errors.push(SyntaxError::UnclosedBlock { span: self.span(block.at, 1), suspect: None });
                }
            }
        }
    }

    /// Where the line of `self.at` begins, and its indentation. Each byte is looked at once.
    fn line(&mut self) -> (usize, usize) {
        let (counted, start, indent) = self.line;
        let (start, indent) = match self.text[counted..self.at].rfind('\n') {
            Some(last) => (counted + last + 1, indentation(&self.text[counted + last + 1..])),
            None => (start, indent),
        };
        self.line = (self.at, start, indent);
        (start, indent)
    }
}

fn indentation(text: &str) -> usize {
    text.bytes().take_while(|b| matches!(b, b' ' | b'\t')).count()
}
