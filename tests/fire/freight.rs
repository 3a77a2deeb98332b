//! The files that a book's steps bring and fetch: laid ready before a round, and looked at when nobody drives.

use std::fs;
use std::path::PathBuf;

use super::book::{Book, Does, Instance};
use super::dice::Dice;
use super::effects::Files;
use super::place::Place;

/// Contents small and large; the small disk of a journal holds some of them.
pub fn load(book: &Book, place: &Place<'_>, dice: &mut Dice) {
    for folder in [place.folder().join("up"), place.folder().join("src"), place.desk.path("down"), place.desk.path("files")] {
        let _ = fs::remove_dir_all(&folder);
        fs::create_dir_all(&folder).expect("a folder for files");
    }
    for instance in book.instances() {
        let folder = match instance.step.does {
            Does::Run => continue,
            Does::Upload => place.desk.path("files"),
            Does::Download => place.folder().join("src"),
        };
        let lines = if dice.one_in(3) { dice.between(1000, 5000) } else { dice.between(1, 20) };
        fs::write(folder.join(&instance.step.id), format!("{} {}\n", instance.step.id, dice.below(1 << 30)).repeat(lines)).expect("a file");
    }
}

/// Those that are there, and whether each is what it should be.
pub fn look(book: &Book, place: &Place<'_>) -> Files {
    let ends = |instance: &Instance| -> Option<(PathBuf, PathBuf)> {
        let (id, name) = (&instance.step.id, format!("{}-{}", instance.step.id, instance.host));
        match instance.step.does {
            Does::Run => None,
            Does::Upload => Some((place.desk.path("files").join(id), place.folder().join("up").join(name))),
            Does::Download => Some((place.folder().join("src").join(id), place.desk.path("down").join(name))),
        }
    };
    let mut files = Files::new();
    for instance in book.instances() {
        if let Some((from, to)) = ends(&instance)
            && let Ok(there) = fs::read(to)
        {
            files.insert((instance.step.id.clone(), instance.host.clone()), fs::read(from).is_ok_and(|whole| whole == there));
        }
    }
    files
}
