# One command: its keeper, its two drains, its watcher. The channel's shell runs this in the foreground (a background
# command would be deaf to SIGINT and SIGQUIT for ever), with standard input and the channel closed, so that it goes on
# when the channel is gone: only the follower speaks to the engine.
#   5 the command's standard output on its way to the drain    7 events for the follower    8 the channel
rb_run() { rb_t=
  rb_watch </dev/null >/dev/null 8>&- & rb_w=$!
  { { rb_keep 2>&1 >&5 5>&- | rb_sink "$A.err" >/dev/null 5>&- || true >"$A.cut"; } 5>&1 | rb_sink "$A.out" || true >"$A.cut"; } </dev/null 8>&-
  rb_over; }

# The same for what prints a secret: its output goes through memory alone, and from there to the follower.
rb_hush() {
  rb_watch </dev/null >/dev/null 8>&- & rb_w=$!
  rb_t=$({ { rb_keep 2>&1 >&5 5>&- | rb_sink "$A.err" >/dev/null 5>&-; } 5>&1 | { head -c 65700 | od -An -v -to1; cat >/dev/null; }; } </dev/null 8>&-)
  set -f; set -- $rb_t; set +f; rb_t=; rb_x=$IFS; IFS='\'; [ "$#" = 0 ] || rb_t="\\$*"; IFS=$rb_x
  rb_over; }

rb_over() {
  # All pipes are closed. A stop (a link) is seen through by the watcher; else it has nothing left to do.
  if [ -L "$A.stop" ]; then until [ -L "$A.killed" ] || [ ! -d "/proc/$rb_w" ]; do rb_nap; done; fi
  kill "$rb_w"
  [ -z "$rb_t" ] || printf 'have %s %s\n' "$A" "$rb_t" >&7; rb_t=
  [ -z "$rb_file" ] || rm -f "$rb_file"
  true >"$A.dry"; echo "dry $A" >&7; }

# Starts the command, waits for it, writes down how it ended: the record first, then the news.
rb_keep() {
  trap : HUP
  if [ "$rb_kind" = job ]; then
    read -r rb_me rb_x </proc/self/stat; rb_stat "$rb_me"
    rb_mark "$A.go" "$rb_me:$rb_start:$rb_boot" || { echo "void $A" >&7; return; }
  fi
  exec 6>&2 2>/dev/null                           # what this shell has to say is not the command's output
  # A here-document saves a process, but bash may put it into a file, and long ones need the process anyway.
  if [ -n "$rb_data$rb_file$rb_masks${BASH_VERSION-}" ] || [ "${#rb_body}" -gt 1000 ]; then rb_feed | rb_exec; else (rb_exec) <<RB_TEXT
$rb_body$rb_end
RB_TEXT
  fi
  rb_rc=$?
  exec >/dev/null 6>&-                            # the drains see the end
  rb_pg=; read -r rb_pg <"$A.pg" || { rb_said "$A.pg"; rb_pg=$rb_x; }
  # A stop can no longer be set, unless one stands already: then the watcher settles it.
  true >"$A.stop"; trap '' PIPE; rb_left=0
  [ -n "$rb_pg" ] && rb_group "$rb_pg" && rb_busy "$rb_pg"
  rb_mark "$A.end" "$rb_rc:$rb_left"
  echo "end $A $rb_rc:$rb_left" >&7; }

# In a session of its own. --norc: under sshd bash reads ~/.bashrc even for -c.
rb_exec() { case $rb_shell in bash) rb_shell="bash --norc";; esac
  case $rb_user in
    -) exec setsid $rb_shell -c "$rb_lead$rb_read" runbook "$rb_end" "$A" "$rb_um" 2>&6 6>&- 7>&- ;;
    *) exec setsid sh -c "$rb_lead"'exec sudo -n -H -u "$4" -- $5 -c "$6" runbook "$1"' runbook "$rb_end" "$A" "$rb_um" "$rb_user" "$rb_shell" "$rb_read" 2>&6 6>&- 7>&- ;;
  esac; }

# What the leader of the job's session does first: its group is on record, or nothing happens.
rb_lead='set -C; { true >"$2.pg=$$" && echo "$$" >"$2.pg" && [ ! -L "$2.stop" ]; } 2>/dev/null || exit 125; set +C; umask "$3"; '
# What the command's shell does first: read the text up to its end mark, byte by byte, so that what follows is the
# command's own input. A text without its end is not run. It is one compound command: parsed whole, or not run.
rb_read='rb_b=; while :; do IFS= LC_ALL=C read -r rb_l || exit 125; [ "$rb_l" != "$1" ] || break; rb_b="$rb_b$rb_l
"; done; set --; eval "$rb_b"'

# The text, its end mark, the input. Builtins only: nothing of it is ever an argument or a file, but what was staged.
rb_feed() { printf '%s%s\n' "$rb_body" "$rb_end"; [ -z "$rb_data" ] || printf %b "$rb_data"; [ -z "$rb_file" ] || cat "$rb_file"; }

# What comes is kept, without the secrets that the command was given.
rb_sink() { if [ -z "$rb_masks" ]; then rb_drain "$1"; else rb_veil | rb_drain "$1"; fi; }

# Keeps what comes, live, up to the limit. Over the limit or on a full disk tee gives up the file and reads on.
rb_drain() { trap '' PIPE; { trap '' XFSZ || trap '' 25; } 2>/dev/null; ulimit -f "$rb_max"; exec tee -a "$1" >/dev/null 2>&1 7>&-; }

# The deadline and a person's stop. It counts sleeps, so no clock can lie to it.
rb_watch() { trap '' PIPE; trap : HUP; rb_i=0 rb_seen=
  while :; do
    if [ ! -e "$A.end" ] && [ "$rb_secs" -gt 0 ] && [ "$rb_i" -ge "$rb_secs" ]; then ln -s timeout "$A.stop"; fi
    if [ -L "$A.stop" ] && [ ! -L "$A.killed" ]; then rb_kill; sleep 1 7>&-; echo "late $A" >&7; return; fi
    rb_second; rb_i=$((rb_i+1))
    # Ended, and yet not dry a full second later: something that was left behind holds the output open.
    if [ -e "$A.end" ]; then [ -n "$rb_seen" ] && { echo "late $A" >&7; return; }; rb_seen=1
    elif [ ! -d "/proc/$$" ] && rb_said "$A.pg" && ! rb_busy "$rb_x"; then return; fi
    echo "tick $A" >&7
  done; }

# A second in four naps, where sleep knows such; after each of them what is new is sent.
rb_second() { for rb_x in 1 2 3; do sleep 0.25 7>&- || { sleep 1 7>&-; return; }; [ -e "$A.end" ] || echo "tick $A" >&7; done; sleep 0.25 7>&-; }

# Ends a job's whole group as the user that it runs as, and looks that nothing of it is left.
rb_kill() { rb_i=0
  until rb_there "$A.pg" || [ "$rb_i" -ge 20 ]; do rb_nap; rb_i=$((rb_i+1)); done
  rb_said "$A.pg"; rb_pg=$rb_x; [ -n "$rb_pg" ] || { ln -s gone "$A.killed"; return; }
  rb_signal TERM; rb_i=0
  while rb_busy "$rb_pg" && [ "$rb_i" -lt "$((rb_grace * 10))" ]; do rb_nap; rb_i=$((rb_i+1)); done
  rb_i=0
  while rb_busy "$rb_pg" && [ "$rb_i" -lt 20 ]; do rb_signal KILL; rb_nap; rb_i=$((rb_i+1)); done
  if rb_busy "$rb_pg"; then ln -s alive "$A.killed"; else ln -s gone "$A.killed"; fi; }

# The builtin kill, without `--`. SIGKILL from the login user would end sudo and leave the command: its user goes first.
rb_signal() { [ "$rb_user" = - ] || sudo -n -H -u "$rb_user" -- sh -c "kill -$1 -$rb_pg" 2>/dev/null
  kill "-$1" "-$rb_pg" 2>/dev/null; return 0; }
