//! Who sits behind this process: an OS user, as the kernel knows them. The environment of a process is its user's own to
//! write, so a name in it counts only where that user is root and could be anybody: there sudo says who called it.

use std::process::Command;

/// The name that stands in the journal.
pub(crate) fn operator() -> String {
    let uid = rustix::process::getuid().as_raw();
    let caller = std::env::var("SUDO_USER").ok().filter(|name| uid == 0 && !name.trim().is_empty());
    caller.unwrap_or_else(|| name_of(uid))
}

fn name_of(uid: u32) -> String {
    let users = std::fs::read_to_string("/etc/passwd").unwrap_or_default();
    user_of(&users, uid).or_else(|| from_a_directory(uid)).unwrap_or_else(|| format!("uid {uid}"))
}

/// The name of a user by the lines of `/etc/passwd`.
fn user_of(users: &str, uid: u32) -> Option<String> {
    let fields = users.lines().map(|line| line.split(':').collect::<Vec<_>>());
    fields.filter(|f| f.get(2).is_some_and(|id| *id == uid.to_string())).find_map(|f| f.first().map(|name| (*name).to_owned()))
}

/// Users of a directory (LDAP, sssd) stand in no file; `id` asks wherever this machine asks.
fn from_a_directory(uid: u32) -> Option<String> {
    let said = Command::new("id").arg("-un").arg(uid.to_string()).output().ok().filter(|said| said.status.success())?;
    let name = String::from_utf8(said.stdout).ok()?.trim().to_owned();
    (!name.is_empty()).then_some(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_user_is_found_by_number() {
        let users = "root:x:0:0:root:/root:/bin/sh\nmara:x:1000:1000::/home/mara:/bin/bash\n";
        assert_eq!(user_of(users, 1000).as_deref(), Some("mara"));
        assert_eq!(user_of(users, 7), None);
        assert_eq!(name_of(4_000_000_000), "uid 4000000000");
    }
}
