//! Just enough of other programs' command lines: where the command begins that a command runs.

/// The text of a word that holds no expansion.
pub(super) fn literal(word: &str) -> Option<String> {
    (!word.contains(['$', '`'])).then(|| brush_parser::unquote_str(word))
}

/// The program that a word names, without its folder.
pub(super) fn program(word: &str) -> Option<String> {
    if matches!(word.trim_matches('"'), "$SHELL" | "${SHELL}" | "$BASH" | "${BASH}") {
        return Some("bash".to_owned());
    }
    let name = literal(word)?;
    Some(name.rsplit('/').next().unwrap_or(&name).to_owned())
}

/// An expansion without quotes may become no word at all, and so may `"$@"`.
fn may_vanish(word: &str) -> bool {
    word.starts_with(['$', '`']) && !word.starts_with("${rb_") || word == "\"$@\""
}

/// A word that only the run can tell from an option.
pub(super) fn begins_with_expansion(word: &str) -> bool {
    word.trim_start_matches('"').starts_with(['$', '`'])
}

pub(crate) fn is_shell(name: &str) -> bool {
    matches!(name, "sh" | "bash" | "dash" | "ash" | "zsh" | "ksh" | "mksh" | "lksh" | "yash" | "fish" | "rbash" | "csh" | "tcsh")
}

/// Programs that run the command in their arguments, somewhere in them.
pub(super) fn carries_a_command(name: &str) -> bool {
    matches!(
        name,
        "docker"
            | "podman"
            | "kubectl"
            | "oc"
            | "nerdctl"
            | "crictl"
            | "lxc"
            | "lxc-attach"
            | "incus"
            | "machinectl"
            | "nsenter"
            | "chroot"
            | "ip"
            | "xargs"
            | "parallel"
            | "strace"
            | "systemd-run"
            | "script"
            | "busybox"
            | "toybox"
            | "find"
            | "fakeroot"
            | "unshare"
            | "docker-compose"
            | "flock"
            | "su"
            | "runuser"
            | "doas"
            | "nomad"
    )
}

/// Programs that do nothing but run the command after their options, with the options that take a word of their own
/// and how many words stand before the command.
fn wrapper(name: &str) -> Option<(&'static str, usize)> {
    Some(match name {
        "sudo" => ("ughpCrtTUDR", 0),
        "doas" => ("uC", 0),
        "env" => ("uCS", 0),
        "timeout" => ("ks", 1),
        "nice" => ("n", 0),
        "ionice" => ("cnp", 0),
        "nohup" | "setsid" | "busybox" | "toybox" | "builtin" | "fakeroot" => ("", 0),
        "command" => ("", 0),
        "exec" => ("a", 0),
        "time" => ("fo", 0),
        "stdbuf" => ("ioe", 0),
        "chroot" => ("", 1),
        "xargs" => ("InPdaLsE", 0),
        "runuser" => ("ugGw", 0),
        "taskset" => ("", 1),
        "chrt" => ("TPD", 1),
        _ => return None,
    })
}

/// How many words a wrapper has before the command that it runs; `None`: this is no wrapper.
pub(crate) fn before_command(words: &[String]) -> Option<usize> {
    let first = words.first()?;
    let Some(name) = program(first) else {
        // It may vanish, and then the next word is the command.
        return (may_vanish(first)).then_some(1);
    };
    let (with_word, mut operands) = wrapper(&name)?;
    let mut at = 1;
    while let Some(word) = words.get(at) {
        let text = literal(word);
        match text.as_deref() {
            Some("--") => {
                at += 1;
                break;
            }
            Some(option) if option.len() > 1 && option.starts_with("--") => {
                let alone =
                    matches!(option, "--user" | "--group" | "--host" | "--prompt" | "--chdir" | "--signal" | "--kill-after" | "--unset" | "--adjustment");
                at += if alone { 2 } else { 1 };
            }
            Some(option) if option.len() > 1 && option.starts_with('-') => {
                let takes = option.char_indices().skip(1).find(|(_, c)| with_word.contains(*c));
                at += if takes.is_some_and(|(i, c)| i + c.len_utf8() == option.len()) { 2 } else { 1 };
            }
            _ if name == "env" && super::commands::assigned(word).is_some() => at += 1,
            _ if name == "sudo" && super::commands::assigned(word).is_some() => at += 1,
            // An option with a value in it: `-u{{ user }}`.
            None if word.starts_with('-') => at += 1,
            _ => break,
        }
    }
    while operands > 0 && words.get(at).is_some() {
        operands -= 1;
        at += 1;
    }
    Some(at)
}

/// The command itself, behind all wrappers.
pub(super) fn unwrapped(mut words: &[String]) -> &[String] {
    while let Some(next) = before_command(words).filter(|next| *next <= words.len()) {
        words = &words[next..];
    }
    words
}

/// Where the word stands that `letter` in a cluster of short options takes: in the same word behind the letter, or
/// the next one. `flags`: letters that may stand before it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Taken {
    Here,
    Next,
}

pub(super) fn taken_by(word: &str, letters: &str, flags: &str) -> Option<Taken> {
    let cluster = word.strip_prefix('-').filter(|rest| !rest.starts_with('-'))?;
    for (i, c) in cluster.char_indices() {
        if letters.contains(c) {
            return Some(if i + c.len_utf8() == cluster.len() { Taken::Next } else { Taken::Here });
        }
        if !flags.contains(c) {
            return None;
        }
    }
    None
}
