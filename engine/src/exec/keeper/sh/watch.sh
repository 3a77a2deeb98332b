# The watcher: the deadline and a person's stop. One for a channel, which goes from job to job; it outlives the channel as
# long as the job does. It takes jobs, one a line:  ATT SECONDS GRACE USER
# Its own processes have nothing of the line on which jobs come: when it dies that line is closed, and the channel learns it.
# It counts sleeps, in quarters of a second, so no clock can lie to it. Some `sleep` know whole seconds only.
rb_watch() { trap '' PIPE; trap : HUP
  while read -r A rb_secs rb_grace rb_user; do [ -z "$A" ] || { cd "$rb_run"; rb_guard </dev/null; }; done; }

# Until a job is over, or its folder is gone.
rb_guard() { rb_at=0 rb_seen=0
  until [ -e "$A.dry" ] || [ ! -e "$A.out" ]; do
    if [ ! -e "$A.end" ] && [ "$rb_secs" -gt 0 ] && [ "$rb_at" -ge "$((rb_secs*4))" ]; then ln -s timeout "$A.stop"; fi
    if [ -L "$A.stop" ] && [ ! -L "$A.killed" ]; then rb_kill; fi
    rb_step=1; sleep 0.25 7>&- || { sleep 1 7>&-; rb_step=4; }; rb_at=$((rb_at+rb_step))
    # Ended or killed, and yet not dry a full second later: something that was left behind holds the output open.
    if [ -e "$A.end" ] || [ -L "$A.killed" ]; then
      rb_seen=$((rb_seen+rb_step)); [ "$rb_seen" -le 4 ] || { echo "late $A" >&7; return; }
    elif [ ! -d "/proc/$$" ] && rb_said "$A.pg" && ! rb_busy "$rb_x"; then return; fi
    echo "tick $A" >&7
  done; }

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
