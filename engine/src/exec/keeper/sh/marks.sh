# Marks: what a keeper writes down. A mark is an empty file made by the shell itself under `set -C`, so it costs no
# fork, is exclusive, and is whole or absent on a full disk. What it says stands in the name of a second empty file,
# made first: `ATT.go=PID:START:BOOT`, then `ATT.go`. A mark that is a symbolic link was set by someone else than the
# keeper of the job: an asker's void, a stop. Everything is relative to the run's folder, which is the working folder.
# `true`, not `:`, because a failed redirection of a special builtin ends the shell.
rb_mark() { true >"$1=$2" && true >"$1"; }
rb_there() { [ -e "$1" ] || [ -L "$1" ]; }
rb_memory() { [ -e "life=$rb_life" ]; }

# rb_said NAME: the word in a mark's companion -> rb_x
rb_said() { rb_x=; for rb_f in "$1"=*; do [ -e "$rb_f" ] && rb_x=${rb_f#"$1="}; done; }
rb_linked() { rb_x=-; if [ -L "$1" ]; then rb_x=$(readlink "$1"); fi; }

# The highest epoch that any driver wrote here -> rb_top
rb_epochs() { rb_top=0; for rb_f in epoch/*; do
    rb_f=${rb_f#epoch/}; case $rb_f in ''|*[!0-9]*) continue;; esac
    [ "$rb_f" -gt "$rb_top" ] && rb_top=$rb_f; done; return 0; }

# Answers go to the channel (8) as one line with the request's nonce.
rb_say() { printf 'RB %s %s\n' "$rb_n" "$*" >&8; }

# rb_stat PID -> rb_state rb_pgrp rb_start; false when there is no such process. No fork.
rb_stat() { read -r rb_x 2>/dev/null <"/proc/$1/stat" || return 1
  rb_x=${rb_x##*) }; set -f; set -- $rb_x; set +f; rb_state=$1 rb_pgrp=$3; shift 10; rb_start=${10}; }

# How many living processes are left in group $1 -> rb_left; false for none. Zombies don't count.
rb_busy() { rb_left=0
  for rb_p in /proc/[0-9]*; do rb_stat "${rb_p#/proc/}" && [ "$rb_pgrp" = "$1" ] && case $rb_state in Z|X) ;; *) rb_left=$((rb_left+1));; esac; done
  # Where /proc hides other people's processes (hidepid), only kill can tell.
  [ "$rb_left" = 0 ] && [ ! -d /proc/1 ] && rb_group "$1" && rb_left=1
  [ "$rb_left" -gt 0 ]; }

# Might anything be in group $1? Also zombies. "Not permitted" is a yes; a fork only for that.
rb_group() { kill -0 "-$1" 2>/dev/null && return 0
  [ "$rb_user" = - ] && return 1
  case $(LC_ALL=C kill -0 "-$1" 2>&1) in *ermitted*) return 0;; esac; return 1; }

rb_nap() { sleep 0.1 2>/dev/null || sleep 1; }
