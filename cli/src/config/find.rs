//! The ground that a file stands on: its project's root, and the nearest `runbook.toml` between there and the file.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use grammar::diagnostic::Diagnostic;

use super::{Config, read};
use crate::source::{Files, Unread, root_above};

const FILE: &str = "runbook.toml";

#[derive(Debug, Default)]
pub(crate) struct Ground {
    /// What imports may not leave.
    pub(crate) root: PathBuf,
    pub(crate) config: Arc<Config>,
}

/// The ground of every folder that was asked for.
#[derive(Debug, Default)]
pub(crate) struct Grounds {
    known: Mutex<Known>,
}

#[derive(Debug, Default)]
struct Known {
    by_folder: HashMap<PathBuf, Arc<Ground>>,
    /// By the folder of the `runbook.toml`, each read once.
    configs: HashMap<PathBuf, Arc<Config>>,
    mistakes: Vec<Diagnostic>,
}

impl Grounds {
    /// What holds for the files of a folder, which is canonical.
    fn of(&self, folder: &Path, files: &Files) -> Arc<Ground> {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(ground) = known.by_folder.get(folder) {
            return Arc::clone(ground);
        }
        let root = root_above(folder);
        // Without a root nothing above the folder itself is the project's.
        let inside = folder.ancestors().take_while(|above| above.starts_with(&root));
        let config = inside.map(|above| above.join(FILE)).find(|file| file.is_file()).map(|file| known.config(&file, files)).unwrap_or_default();
        let ground = Arc::new(Ground { root, config });
        known.by_folder.insert(folder.to_owned(), Arc::clone(&ground));
        ground
    }

    /// What holds for a file by its canonical path.
    pub(crate) fn of_file(&self, canonical: &Path, files: &Files) -> Arc<Ground> {
        self.of(canonical.parent().unwrap_or(Path::new("")), files)
    }

    /// What is wrong with the configurations that were read.
    pub(crate) fn mistakes(&self) -> Vec<Diagnostic> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner).mistakes.clone()
    }
}

impl Known {
    fn config(&mut self, file: &Path, files: &Files) -> Arc<Config> {
        let folder = file.parent().unwrap_or(file);
        if let Some(config) = self.configs.get(folder) {
            return Arc::clone(config);
        }
        let (config, mistakes) = match files.read(file) {
            Ok(read) => read::read(&read.source, folder),
            Err(Unread(why)) => (Config::default(), vec![*why]),
        };
        self.mistakes.extend(mistakes);
        let config = Arc::new(config);
        self.configs.insert(folder.to_owned(), Arc::clone(&config));
        config
    }
}
