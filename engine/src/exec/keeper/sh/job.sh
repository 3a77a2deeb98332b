# One command: its keeper, its two drains. The channel's shell runs this in the foreground (a background
# command would be deaf to SIGINT and SIGQUIT for ever), with standard input and the channel closed, so that it goes on
# when the channel is gone: only the follower speaks to the engine.
#   3 the claim, where the command says that it was reached    4 jobs for the watcher    5 the command's standard output
#   on its way to the drain    7 events for the follower    8 the channel
rb_run() { rb_t=
  { { rb_keep 2>&1 >&5 5>&- | rb_sink "$A.err" >/dev/null 5>&- || true >"$A.cut"; } 5>&1 | rb_sink "$A.out" || true >"$A.cut"; } </dev/null 4>&- 8>&-
  rb_close; }

# The same for what prints a secret: its output goes through memory alone, and from there to the follower.
rb_hush() {
  rb_t=$({ { rb_keep 2>&1 >&5 5>&- | rb_sink "$A.err" >/dev/null 5>&-; } 5>&1 | { rb_greet; head -c 65600 | od -An -v -to1; cat >/dev/null; }; } </dev/null 4>&- 8>&-)
  rb_close; }

# Output that stands in no file, in lines that a pipe takes whole (4096 bytes): a longer one would be torn by what the
# watcher says meanwhile.
rb_hand() { rb_l= rb_x=$IFS; set -f; IFS='
'
  for rb_y in $rb_t; do
    IFS=' '; set -- $rb_y; IFS='\'; rb_l="$rb_l\\$*"
    [ "${#rb_l}" -lt 3900 ] || { printf 'have %s %s\n' "$A" "$rb_l" >&7; rb_l=; }
  done
  set +f; IFS=$rb_x; [ -z "$rb_l" ] || printf 'have %s %s\n' "$A" "$rb_l" >&7; rb_t=; }

# Of another user's command the first line says that it was reached: that is no secret, and belongs on record.
rb_greet() { [ "$rb_user" != - ] && IFS= read -r rb_l || return 0
  case $rb_l in "RB $rb_n reached") echo "$rb_l" >>"$A.out";; esac; }

rb_close() {
  # All pipes are closed. A stop (a link) is seen through by the watcher, as long as there is one.
  if [ -L "$A.stop" ]; then until [ -L "$A.killed" ] || ! echo >&4; do rb_nap; done; fi
  [ -z "$rb_t" ] || rb_hand
  [ -z "$rb_file" ] || rm -f "$rb_file"
  true >"$A.dry"; echo "dry $A" >&7 || exit 1; }

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
    -) exec setsid $rb_shell -c "$rb_lead$rb_read" runbook "$rb_end" "$A" "$rb_um" 3>>"$A.claim" 2>&6 6>&- 7>&- ;;
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
rb_drain() { trap '' PIPE; { trap '' XFSZ || trap '' 25; } 2>/dev/null; ulimit -f "$rb_max"; export LC_ALL=C; exec tee -a "$1" >/dev/null 2>&1 7>&-; }
