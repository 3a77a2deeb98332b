# What became of an attempt. Asking claims: what has left no trace is voided by the name that a start would take.
# -> rb_fate: never · ended · running · rebooted · orphaned · lost · memory-lost · cannot-ask
rb_learn() { rb_fate=never
  rb_memory || { rb_fate=memory-lost; return; }
  if ln -s asked "$A.claim"; then ln -s void "$A.go"; return; fi
  rb_there "$A.claim" || { rb_fate=cannot-ask; return; }
  [ -L "$A.claim" ] && return
  [ -e "$A.end" ] && { rb_fate=ended; return; }
  ln -s void "$A.go"; [ -L "$A.go" ] && return
  rb_there "$A.go" || { rb_fate=cannot-ask; return; }
  rb_said "$A.go"; rb_go=$rb_x
  case $rb_go in *":$rb_boot") ;; *) rb_fate=rebooted; [ -e "$A.end" ] && rb_fate=ended; return;; esac
  if rb_alive "$rb_go"; then rb_fate=running; return; fi
  [ -e "$A.end" ] && { rb_fate=ended; return; }
  # A dead keeper can't start anything late: the leader's mark is taken away too.
  ln -s void "$A.pg"; [ -L "$A.pg" ] && return
  rb_there "$A.pg" || { rb_fate=cannot-ask; return; }
  rb_said "$A.pg"
  if rb_busy "$rb_x"; then rb_fate=orphaned; elif rb_memory; then rb_fate=lost; else rb_fate=memory-lost; fi; }

# Is the keeper that wrote PID:START:BOOT still the same living process?
rb_alive() { rb_x=${1%:*}; rb_y=${rb_x#*:}; rb_stat "${rb_x%:*}" && [ "$rb_start" = "$rb_y" ] && [ "$rb_state" != Z ]; }

# ask: with the ending where there is one, and whether the command was reached (the second line of its output).
rb_asked() { rb_learn; case $rb_fate in ended) ;; *) rb_say fate "$rb_fate"; return;; esac
  rb_said "$A.end"; rb_rc=$rb_x; rb_out=$(rb_there "$A.user" && echo 44 || echo 0) rb_err=0; rb_sizes; rb_ending
  # What a power cut took from the files is no proof that nothing began.
  rb_reached; [ "$rb_y" = yes ] || { rb_said "$A.go"; case $rb_x in *":$rb_boot") [ -e "$A.out" ];; *) false;; esac || rb_y=unknown; }
  rb_why=; [ "$rb_y" = no ] && read -r rb_why <"$A.err"
  rb_say fate ended "$rb_ending" "$rb_y" "$rb_so" "$rb_se" "$rb_why"; }

# attach: follow a job that another channel began, until its end.
rb_attach() { rb_said "$A.user"; echo "job $A $rb_n $rb_1 $rb_2 ${rb_x:--}" >&7; rb_i=0
  until [ -e "$A.end" ]; do
    rb_learn; case $rb_fate in
      running) rb_nap; rb_nap; echo "tick $A" >&7 ;;
      ended) ;;
      *) echo "gone $A" >&7; return ;;
    esac
  done
  until [ -e "$A.dry" ] || [ "$rb_i" -ge 10 ]; do rb_nap; rb_i=$((rb_i+1)); done
  if [ -L "$A.stop" ]; then until [ -L "$A.killed" ] || [ "$rb_i" -ge 300 ]; do rb_nap; rb_i=$((rb_i+1)); done; fi
  rb_said "$A.end"; echo "end $A $rb_x" >&7; echo "dry $A" >&7; }

# stop: a person's. Whoever still lives may help; the first to look says how it went.
rb_stop() { rb_memory || { rb_say no memory-lost; return; }
  rb_there "$A.claim" || { rb_say no unknown; return; }
  ln -s person "$A.stop"
  [ -e "$A.end" ] && [ ! -L "$A.stop" ] && { rb_say stopped ended; return; }
  rb_said "$A.user"; rb_user=${rb_x:--}; rb_grace=$rb_1
  rb_kill; rb_linked "$A.killed"; rb_say stopped "$rb_x"; }

# wait: for the group of a job whose keeper is dead, at most so many seconds.
rb_wait() { rb_said "$A.pg"; rb_pg=$rb_x; rb_i=0; rb_user=-
  while [ -n "$rb_pg" ] && rb_busy "$rb_pg"; do
    [ "$rb_i" -ge "$((rb_1 * 10))" ] && { rb_say waited busy; return; }; rb_nap; rb_i=$((rb_i+1)); done
  rb_say waited empty; }
