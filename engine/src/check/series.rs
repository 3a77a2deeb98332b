//! `series`: the runbooks of a folder, one a version. The file's name is the version, as Matomo names its updates:
//! `4.0.1-b1.runbook`. A leading `v` does not count.

use grammar::ast::{Expr, Series};
use grammar::source::{Spanned, Text};

use super::call::is_needed;
use super::error::CheckError;
use super::names::{Known, What};
use super::values::fits;
use super::walk::{Checker, Place};
use crate::value::{Type, version};

/// What a runbook's file ends in.
const ENDINGS: [&str; 3] = [".runbook", ".runbook.yaml", ".runbook.yml"];
/// The version of the runbook that is run, in the block of a series and for its runbooks.
pub(crate) const VERSION: &str = "version";

/// The files of a folder by their versions, in order, and what is wrong with their names. What is no runbook is passed
/// over, unless it seems to be meant as one.
pub(super) fn by_version(folder: &Text, names: Vec<String>) -> (Vec<(String, String)>, Vec<CheckError>) {
    let at = folder.span;
    let mut files: Vec<(String, String)> = Vec::new();
    let mut mistakes = Vec::new();
    for name in names.into_iter().filter(|name| !name.starts_with('.')) {
        let stem = ENDINGS.iter().find_map(|end| name.strip_suffix(end));
        // A file that is passed over by mistake is an update that nobody makes.
        let almost = [".yaml", ".yml"].iter().find_map(|end| name.strip_suffix(end)).filter(|stem| is_version(stem));
        match (stem, almost) {
            (Some(stem), _) if is_version(stem) => files.push((stem.to_owned(), name)),
            (Some(stem), _) => {
                let corrected = version_in(stem).map(|version| format!("{version}{}", &name[stem.len()..]));
                mistakes.push(CheckError::SeriesName { at, name, corrected });
            }
            (None, Some(stem)) => {
                let corrected = Some(format!("{stem}.runbook{}", &name[stem.len()..]));
                mistakes.push(CheckError::SeriesName { at, name, corrected });
            }
            (None, None) => {}
        }
    }
    files.sort_by(|a, b| version::compare(&a.0, &b.0).then_with(|| a.1.cmp(&b.1)));
    for pair in files.chunk_by(|a, b| version::compare(&a.0, &b.0).is_eq()).filter(|same| same.len() > 1) {
        mistakes.push(CheckError::SeriesTwice { at, names: pair.iter().map(|(_, name)| format!("`{name}`")).collect() });
    }
    if files.is_empty() && mistakes.is_empty() {
        mistakes.push(CheckError::SeriesUnreadable { at, folder: folder.text.clone(), why: "no runbook is in it".to_owned() });
    }
    (files, mistakes)
}

fn is_version(stem: &str) -> bool {
    stem.strip_prefix('v').unwrap_or(stem).starts_with(|c: char| c.is_ascii_digit()) && Type::Version.read(stem).is_ok()
}

/// The version that a name seems to hold: `4.0.0-b1` in `update-4.0.0-b1`.
fn version_in(stem: &str) -> Option<&str> {
    let start = stem.find(|c: char| c.is_ascii_digit())?;
    let rest = &stem[start..];
    let end = rest.find(|c: char| !(c.is_ascii_alphanumeric() || ".-+~".contains(c))).unwrap_or(rest.len());
    Some(rest[..end].trim_end_matches(['.', '-', '+', '~'])).filter(|version| is_version(version))
}

/// A bare version in a clause: `from 3.14.1`. In an expression it would be no number.
pub(crate) fn literal(text: &Expr) -> Option<&str> {
    let written = text.text.trim();
    let digits = written.strip_prefix('v').unwrap_or(written).starts_with(|c: char| c.is_ascii_digit());
    (digits && !written.contains(|c: char| c.is_whitespace() || "([\"'".contains(c))).then_some(written)
}

impl Checker<'_> {
    pub(super) fn series(&mut self, series: &Series, place: &mut Place) {
        for (text, what) in [(&series.from, "`from`"), (&series.to, "`to`")] {
            self.version(text, what, place);
        }
        let mut inner = place.clone();
        let name = Spanned::new(VERSION.to_owned(), series.folder.span);
        self.variable(&name, Known::new(What::Loop, Some(Type::Version), series.folder.span), &mut inner);
        let all = self.series;
        let here = Place { on: Vec::new(), ..inner.clone() };
        for update in all.get(&series.folder.span).into_iter().flatten() {
            let runbook = &update.runbook;
            for param in &runbook.params {
                let Some(wanted) = Type::written(&param.kind) else { continue };
                if here.names.get(&param.name).is_some() {
                    let same = Text::verbatim(param.name.value.clone(), series.folder.span);
                    if let Some(found) = self.expression(&same, &here).filter(|found| !fits(found, &wanted)) {
                        let what = format!("`{}` of `{}`", param.name.value, runbook.name.value);
                        self.error(CheckError::WrongType { at: series.folder.span, what, wanted, found });
                    }
                } else if is_needed(param) {
                    self.missing(series.folder.span, runbook, param);
                }
            }
            for target in &runbook.targets {
                self.target_of_the_same_name(series.folder.span, runbook, target, &here);
            }
            if place.parallel && self.irreversible.contains(&runbook.name.span) {
                self.error(CheckError::IrreversibleInParallel { at: series.folder.span, id: runbook.name.value.clone() });
            }
        }
        self.block(&series.block, &mut inner, |_| {});
        place.before.extend(inner.before);
    }

    fn version(&mut self, text: &Expr, what: &str, place: &Place) {
        if let Some(written) = literal(text) {
            if let Err(error) = Type::Version.read(written) {
                self.error(CheckError::UnreadableValue { at: text.span, what: what.to_owned(), error });
            }
            return;
        }
        self.known_when_drawn(text, what, place);
        if let Some(found) = self.expression(text, place)
            && !fits(&found, &Type::Version)
        {
            self.error(CheckError::WrongType { at: text.span, what: what.to_owned(), wanted: Type::Version, found });
        }
    }
}

#[cfg(test)]
mod tests {
    use grammar::source::Span;

    use super::*;

    fn sorted(names: &[&str]) -> (Vec<String>, Vec<(&'static str, String)>) {
        let (files, mistakes) = by_version(&Text::verbatim("up/", Span::default()), names.iter().map(|n| (*n).to_owned()).collect());
        (files.into_iter().map(|(version, _)| version).collect(), mistakes.into_iter().map(|m| (m.code(), m.to_string())).collect())
    }

    #[test]
    fn files_stand_in_the_order_of_their_versions_and_the_rest_is_passed_over() {
        let names = ["4.10.0.runbook", "v4.2.runbook.yaml", "4.2.1-b1.runbook", "4.2.1.runbook.yml", "README.md", ".4.0.runbook", "4.1.sql"];
        assert_eq!(sorted(&names), (["v4.2", "4.2.1-b1", "4.2.1", "4.10.0"].map(str::to_owned).to_vec(), Vec::new()));
    }

    #[test]
    fn a_name_without_a_version_is_told_with_the_name_that_it_should_have() {
        for (name, corrected) in [
            ("update-4.0.0-b1.runbook", Some("4.0.0-b1.runbook")),
            ("4.0 add index.runbook.yaml", Some("4.0.runbook.yaml")),
            ("4.0.1.yaml", Some("4.0.1.runbook.yaml")),
            ("first.runbook", None),
        ] {
            let (_, mistakes) = by_version(&Text::verbatim("up/", Span::default()), vec![name.to_owned()]);
            assert_eq!(mistakes, [CheckError::SeriesName { at: Span::default(), name: name.to_owned(), corrected: corrected.map(str::to_owned) }]);
        }
    }

    #[test]
    fn one_version_twice_and_an_empty_folder_are_mistakes() {
        assert_eq!(sorted(&["1.4.runbook", "v1.4.0.runbook.yaml"]).1, [("RB0147", "`1.4.runbook` and `v1.4.0.runbook.yaml` are of one version".to_owned())]);
        assert_eq!(sorted(&["notes.md"]).1[0].0, "RB0145");
    }
}
