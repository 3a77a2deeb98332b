# Requests, one a line, answered before the next is sent. A line has eleven words and ends in a dot, so a line that was
# cut off is not a request:  VERB NONCE ATT LIFE 1 2 3 4 5 6 .
rb_serve() {
  rb_um=$(umask); umask 077; set -C; rb_boot=none
  # Caught, not ignored, which the commands would inherit: a watcher that is gone is found out, and ends nothing by itself.
  trap : PIPE; read -r rb_boot </proc/sys/kernel/random/boot_id
  cd "$rb_run" || cd /
  rb_say ready
  while IFS=' ' read -r rb_v rb_n A rb_life rb_1 rb_2 rb_3 rb_4 rb_5 rb_6 rb_dot; do
    [ "$rb_dot" = . ] || exit 1
    case $rb_v in
      start) rb_start ;;        read|hush) rb_look ;;    hello) rb_hello ;;    user) rb_sudo ;;
      ask) rb_asked ;;          attach) rb_attach ;;     stop) rb_stop ;;      wait) rb_wait ;;
      stage) rb_stage ;;        clean) rb_clean ;;       ping) rb_say done ;;  lock) rb_lock ;;
      unlock) rb_unlock ;;      held) rb_held ;;         who) rb_machine; rb_say who "$rb_m" ;;
      *) rb_say no verb ;;
    esac
  done
  [ "$rb_c" = 0 ] || rm -f ".rd.$rb_chan."*; }

# Which machine this is, - where it has no name -> rb_m
rb_machine() { rb_m=; read -r rb_m </etc/machine-id; rb_m=${rb_m:--}; }

# The folder of the run, the life mark before anything else in it, this driver's epoch, and then who is here.
rb_hello() {
  rb_miss=; for rb_x in setsid tee ln readlink wc head tail sleep mkdir rm dd od ls chmod; do command -v "$rb_x" >/dev/null || rb_miss="$rb_miss $rb_x"; done
  [ -z "$rb_miss" ] || { rb_say no tools "$rb_miss"; return; }
  [ -r /proc/self/stat ] && [ "$rb_boot" != none ] || { rb_say no tools /proc; return; }
  rb_x=$(LC_ALL=C mkdir -p "$rb_run/epoch" 2>&1) && cd "$rb_run" || { rb_say no folder "${rb_x%%
*}"; return; }
  [ -O . ] && [ ! -L "$rb_run" ] || { rb_say no folder "$rb_run belongs to someone else"; return; }
  rb_machine
  if [ "$rb_life" != - ]; then rb_memory || { rb_say no memory-lost "$rb_m"; return; }
  elif [ -e life ]; then :; else rb_mark life "$rb_2" || { rb_say no cannot-record; return; }; fi
  rb_said life; rb_life=$rb_x
  # A full disk still takes empty files: what can't be written now would be missed later.
  rb_epochs
  if [ "$rb_top" -gt "$rb_1" ]; then rb_say no fenced "$rb_top"; return; fi
  printf '%s\n' "$rb_3" >"epoch/$rb_1"; rb_x=; read -r rb_x <"epoch/$rb_1"
  [ -n "$rb_x" ] || { rm -f "epoch/$rb_1"; rb_say no cannot-record; return; }
  [ "$rb_x" = "$rb_3" ] || { rb_say no fenced "$rb_1"; return; }
  rb_b=no; command -v bash >/dev/null && rb_b=yes
  rb_s=no; for rb_x in sha256sum shasum openssl; do command -v "$rb_x" >/dev/null && rb_s=yes; done
  rb_say hello "$rb_life" "$rb_m" "$rb_boot" "$rb_b" "$rb_s" "$rb_top"
  for rb_f in *.claim; do rb_there "$rb_f" && rb_say claim "${rb_f%.claim}"; done
  rb_say done; }

# Does `sudo -n -H -u USER` really run something there, as USER?
rb_sudo() { rb_x=$(LC_ALL=C sudo -n -H -u "$rb_1" -- sh -c 'printf "RB %s as %s\n" "$1" "$(id -un)"' sh "$rb_n" 2>&1 </dev/null)
  case $rb_x in *"RB $rb_n as $rb_1"*) rb_say reached ;; *) rb_say no user "${rb_x%%
*}" ;; esac; }

# The settings, then the text of a command: $rb_6 is TEXT:INPUT:MASKS:LONGEST, the bytes of each, in lines up to an end
# mark; INPUT is `staged` where that was staged, LONGEST are the bytes of the longest mask.
rb_take() { rb_secs=$rb_1 rb_grace=${rb_2%:*} rb_epoch=${rb_2#*:} rb_max=$rb_3 rb_user=$rb_4 rb_shell=$rb_5; rb_body= rb_data= rb_file= rb_masks= rb_end="#RB-END $rb_n"
  rb_lines "${rb_6%%:*}" "${rb_6#*:}"; rb_body=$rb_t; rb_6=${rb_6#*:}
  case $rb_6 in 0:*) ;; staged:*) rb_file=$A.in ;; *) rb_lines "${rb_6%%:*}" "0:${rb_6#*:}"; rb_data=${rb_t%?};; esac; rb_6=${rb_6#*:}
  case $rb_6 in 0:*) ;; *) rb_lines "${rb_6%:*}" 0:0:; rb_masks=$rb_t rb_most=${rb_6#*:};; esac; }
# $1 bytes, and INPUT:MASKS:… that come behind them. busybox' head reads ahead, so only the last part may go through it.
rb_lines() { rb_t=
  if [ "$1" -gt 16384 ]; then
    case $2 in 0:0:* | staged:0:*) rb_t=$(head -c "$1"; echo .) ;; *) rb_t=$(dd bs="$1" count=1 iflag=fullblock; echo .) ;; esac; rb_t=${rb_t%.}
    case $rb_t in *"$rb_end
") rb_t=${rb_t%"$rb_end
"};; *) exit 1;; esac; return; fi
  while :; do IFS= LC_ALL=C read -r rb_l || exit 1; [ "$rb_l" != "$rb_end" ] || return 0; rb_t="$rb_t$rb_l
"; done; }

# read: a command that changes nothing; hush: one whose output stands in no file. The same machinery under a name of its own, without claim and go.
rb_look() { rb_take; rb_kind=read; rb_memory || { rb_say no memory-lost; return; }
  rb_c=$((rb_c+1))
  # Earlier ones are swept up now and then, not each time: a fork is dearer than a few small files.
  [ "$((rb_c % 64))" != 0 ] || rm -f ".rd.$rb_chan."*
  A=".rd.$rb_chan.$rb_c"
  rb_open || { rb_say no cannot-record; return; }
  rb_told || exit 1
  if [ "$rb_v" = hush ]; then rb_hush; else rb_run; fi; }

# The first line of the claim is written now, so that a full disk is found before anything begins.
rb_open() { printf 'RB %s opened\n' "$rb_n" >>"$A.claim" && true >"$A.out" && true >"$A.err"; }
# Follower and watcher learn of it. A channel without a watcher begins nothing.
rb_told() { echo "job $A $rb_n 0 0 $rb_user" >&7 && echo "$A $rb_secs $rb_grace $rb_user" >&4; }

# start: 1 claim, 2 fence (after the claim: they write their epoch first and read the claims then) and locks, 3 go, by
# the keeper.
rb_start() { rb_take; rb_kind=job
  rb_memory || { rb_say no memory-lost; return; }
  if ! true >"$A.claim"; then if rb_there "$A.claim"; then rb_say no exists; else rb_say no cannot-record; fi; return; fi
  rb_epochs; [ "$rb_top" = "$rb_epoch" ] || { ln -s void "$A.go"; rb_say no fenced "$rb_top"; return; }
  rb_holds || { ln -s void "$A.go"; rb_overtaken; return; }
  rb_open && { [ "$rb_user" = - ] || rb_mark "$A.user" "$rb_user"; } ||
    { ln -s void "$A.go"; rb_say no cannot-record; return; }
  rb_told || { ln -s void "$A.go"; exit 1; }
  rb_run; }

# stage: input for an attempt that has not begun, $rb_3 bytes behind the first $rb_2. They are read whatever becomes of
# them, or they would be taken for requests. Says how many there are then; nothing is kept where that is not $rb_2.
rb_stage() { rb_x=
  if ! rb_memory; then rb_x=memory-lost; elif rb_there "$A.claim"; then rb_x=exists
  else rb_epochs; [ "$rb_top" = "$rb_1" ] || rb_x="fenced $rb_top"; fi
  [ -n "$rb_x" ] || true >>"$A.in" || rb_x=cannot-stage
  if [ -n "$rb_x" ] || { rb_at=$(wc -c <"$A.in"); [ "$((rb_at))" != "$rb_2" ]; }; then [ "$rb_3" = 0 ] || head -c "$rb_3" >/dev/null
  elif [ "$rb_3" != 0 ]; then head -c "$rb_3" | { cat >>"$A.in" && exit; cat >/dev/null; exit 1; } || rb_x=cannot-stage; rb_at=$(wc -c <"$A.in"); fi
  if [ -n "$rb_x" ]; then rb_say no "$rb_x"; else rb_say at "$((rb_at))"; fi; }

rb_clean() { rb_memory || { rb_say no memory-lost; return; }; cd / && rm -rf "$rb_run" && rb_say done || rb_say no folder; }

# The only call in the text that is sent, on its last line. Four words, a dot: a call that was cut off does nothing.
rb_main() { [ "$#" = 5 ] && [ "$5" = . ] || exit 1
  [ -z "${BASH_VERSION-}" ] || set -o posix      # `ulimit -f` counts in 512 bytes then, as elsewhere
  unset BASH_ENV ENV                              # they would print before the command is reached
  rb_n=$1; rb_chan=$1; rb_c=0; rb_kind=; rb_base=$2 rb_id=$3 rb_locks=$4; cd /
  [ -n "$rb_base" ] || rb_base=${XDG_STATE_HOME:-${HOME:-/nonexistent}/.local/state}/runbook/jobs
  rb_run=$rb_base/$3
  exec 8>&1 2>/dev/null
  { rb_serve 4>&1 >&8 | rb_watch >/dev/null 8>&-; } 7>&1 | rb_follow
  exit 0; }
