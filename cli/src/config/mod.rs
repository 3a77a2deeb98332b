//! `runbook.toml`: what a project wants of the linter. It can make a rule louder anywhere, and quieter where a rule only
//! warns; what is an error stays one, since a run refuses it too.

mod find;
mod mistake;
mod read;

use std::path::{Path, PathBuf};

use engine::lint::Options;
use glob::{MatchOptions, Pattern};
use grammar::diagnostic::Severity;

pub(crate) use find::Grounds;

/// How much a finding of a rule counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Level {
    Off,
    At(Severity),
}

/// What one `runbook.toml` says, or nothing at all.
#[derive(Debug, Clone, Default)]
pub(crate) struct Config {
    /// Where it stands: its paths are relative to this.
    folder: PathBuf,
    deny_warnings: bool,
    exclude: Vec<Place>,
    levels: Vec<(&'static str, Level)>,
    folders: Vec<Folder>,
    verified_days: Option<u32>,
    /// `false`: shellcheck is not asked.
    shellcheck: Option<bool>,
}

/// Levels for a part of the project.
#[derive(Debug, Clone)]
struct Folder {
    place: Place,
    levels: Vec<(&'static str, Level)>,
}

impl Config {
    /// What warnings count as.
    pub(crate) fn denies_warnings(&self) -> bool {
        self.deny_warnings
    }

    /// Whether a file is passed over when its folder is linted. `path` is canonical.
    pub(crate) fn excludes(&self, path: &Path) -> bool {
        let below = path.strip_prefix(&self.folder).ok();
        below.is_some_and(|below| self.exclude.iter().any(|place| place.holds(below)))
    }

    /// How much a finding counts in a file, if the project says so. Of several folders the last one counts. `path` is
    /// canonical.
    pub(crate) fn level(&self, path: &Path, code: &str) -> Option<Level> {
        let below = path.strip_prefix(&self.folder).unwrap_or(path);
        let of = |levels: &[(&str, Level)]| levels.iter().find(|(named, _)| *named == code).map(|(_, level)| *level);
        let by_folder = self.folders.iter().rev().filter(|folder| folder.place.holds(below)).find_map(|folder| of(&folder.levels));
        by_folder.or_else(|| of(&self.levels))
    }

    /// The limits of the rules.
    pub(crate) fn options(&self, today: Options) -> Options {
        let shellcheck = today.shellcheck && self.shellcheck.unwrap_or(true);
        Options { verified_days: self.verified_days.unwrap_or(today.verified_days), shellcheck, ..today }
    }
}

/// `runbooks/legacy`, `runbooks/legacy/**`, `**/*.draft.runbook`: a folder with all below it, or a pattern.
#[derive(Debug, Clone)]
struct Place {
    pattern: Pattern,
    /// All that is below the folder of that name.
    below: Pattern,
}

impl Place {
    fn new(written: &str) -> Result<Self, glob::PatternError> {
        let bare = written.strip_prefix("./").unwrap_or(written).trim_end_matches('/');
        Ok(Self { pattern: Pattern::new(bare)?, below: Pattern::new(&format!("{bare}/**"))? })
    }

    fn holds(&self, path: &Path) -> bool {
        // `*` stays inside a folder, as in a shell.
        let options = MatchOptions { case_sensitive: true, require_literal_separator: true, require_literal_leading_dot: false };
        self.pattern.matches_path_with(path, options) || self.below.matches_path_with(path, options)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_is_a_folder_with_all_below_it_or_a_pattern() {
        let holds = |place: &str, path: &str| Place::new(place).is_ok_and(|p| p.holds(Path::new(path)));
        for place in ["runbooks/legacy", "runbooks/legacy/", "./runbooks/legacy", "runbooks/legacy/**", "runbooks/*", "**/legacy", "**"] {
            assert!(holds(place, "runbooks/legacy/a.runbook"), "{place}");
            assert!(holds(place, "runbooks/legacy/deep/er/a.runbook"), "{place}");
        }
        for place in ["runbooks/leg", "legacy", "*.runbook", "runbooks/legacy/b", "legacy/**"] {
            assert!(!holds(place, "runbooks/legacy/a.runbook"), "{place}");
        }
        assert!(holds("**/*.runbook", "a.runbook") && holds("**/*.runbook", "x/y/a.runbook") && holds("*.runbook", "a.runbook"));
        assert!(Place::new("a/***").is_err());
    }
}
