# The follower: the one that speaks to the engine while a command runs. It may stall or die with the channel; the job
# reads nothing from it. It takes events, one a line:
#   job ATT NONCE OUT ERR USER    follow this attempt from these bytes on
#   tick ATT  ·  have ATT \ooo… (a piece of output that stands in no file)  ·  end ATT RC:LEFT  ·  dry ATT (all output is there)  ·  late ATT (ended, output held open)  ·  void ATT  ·  gone ATT
# It answers with `some OUT ERR` and `end …`, followed by exactly that many bytes. Of another user's command the first line
# is ours (it says that it was reached), and is not sent.
rb_follow() { trap '' PIPE; A=
  while read -r rb_e rb_a rb_b rb_o rb_r rb_user; do
    if [ "$rb_e" = job ]; then A=$rb_a rb_n=$rb_b rb_head=0 rb_err=$rb_r rb_rc=none:0 rb_held=
      [ "$rb_user" = - ] || rb_head=44; rb_out=$((rb_o+rb_head)); cd "$rb_run"; continue; fi
    [ -n "$A" ] && [ "$rb_a" = "$A" ] || continue
    case $rb_e in
      tick) [ -s "$A.out" ] || [ -s "$A.err" ] || continue; rb_sizes; [ "$rb_so" -gt 0 ] || [ "$rb_se" -gt 0 ] && { rb_say some "$rb_so" "$rb_se"; rb_bytes; } ;;
      end) rb_rc=$rb_b ;;
      have) rb_held=$rb_held$rb_b ;;
      dry) rb_final no ;;
      late) rb_final stuck ;;
      void|gone) rb_say no "$rb_e"; A= ;;
    esac
  done; }

# New bytes since the last answer -> rb_so rb_se
rb_sizes() { rb_so=0 rb_se=0; rb_x=$(wc -c "$A.out" "$A.err" 2>/dev/null) || return 0
  set -f; set -- $rb_x; set +f; rb_so=$(($1 - rb_out)) rb_se=$(($3 - rb_err))
  [ "$rb_so" -ge 0 ] || rb_so=0; [ "$rb_se" -ge 0 ] || rb_se=0; }
rb_bytes() { rb_piece "$A.out" "$rb_out" "$rb_so"; rb_piece "$A.err" "$rb_err" "$rb_se"; rb_out=$((rb_out+rb_so)) rb_err=$((rb_err+rb_se)); }
rb_piece() { [ "$3" -gt 0 ] || return 0
  if [ "$2" -gt 0 ]; then tail -c "+$(($2+1))" "$1" | head -c "$3" >&8; else head -c "$3" "$1" >&8; fi; }

# end RC:LEFT STOP KILLED CUT REACHED HELD OUT ERR
# Nothing, or all at once and all to standard output, is the common case. That is sent up to a mark that no command can
# know, without the two processes that counting takes. Not by `read`: it skips NUL bytes, and takes a system call for each
# byte of a long line.
rb_final() { rb_so=0 rb_se=0
  if [ -n "$rb_held" ]; then rb_say rest; { printf "$rb_held"; printf '\nRB %s rest\n' "$rb_chan"; } >&8; rb_held=
    [ ! -s "$A.err" ] || rb_sizes
  elif [ -s "$A.err" ] || [ "$1" = stuck ] || [ "$rb_out" != "$rb_head" ]; then rb_sizes
  elif [ -s "$A.out" ]; then
    rb_say rest; { [ "$rb_head" = 0 ] || read -r rb_l; cat; } <"$A.out" >&8; printf '\nRB %s rest\n' "$rb_chan" >&8
  fi
  rb_ending; rb_reached; rb_say end "$rb_ending" "$rb_y" "$1" "$rb_so" "$rb_se"; rb_bytes; A=; }
rb_ending() { rb_linked "$A.stop"; rb_s=$rb_x; rb_linked "$A.killed"; rb_k=$rb_x
  rb_x=no
  # The claim's first line is always there, unless the folder was deleted under the job: then nothing is proven.
  { [ -e "$A.cut" ] || [ ! -s "$A.claim" ] || [ ! -e "$A.out" ]; } && rb_x=cut; rb_ending="$rb_rc $rb_s $rb_k $rb_x"; }

# Was the command reached, as its user? It says so itself: in the claim, or, where sudo lets nothing through but the
# streams, in the first line of its output -> rb_y
rb_reached() { rb_l=; { read -r rb_l; read -r rb_l; } <"$A.claim"; rb_y=no
  case $rb_l in "RB "*" reached") rb_y=yes; return;; esac
  read -r rb_l <"$A.out"; case $rb_l in "RB "*" reached") rb_y=yes;; esac; }
