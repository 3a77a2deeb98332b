# The follower: the one that speaks to the engine while a command runs. It may stall or die with the channel; the job
# reads nothing from it. It takes events, one a line:
#   job ATT NONCE OUT ERR    follow this attempt from these bytes on
#   tick ATT  ·  have ATT \ooo… (output that stands in no file)  ·  end ATT RC:LEFT  ·  dry ATT (all output is there)  ·  late ATT (ended, output held open)  ·  void ATT  ·  gone ATT
# It answers with `some OUT ERR` and `end …`, followed by exactly that many bytes.
rb_follow() { trap '' PIPE; A=
  while read -r rb_e rb_a rb_b rb_o rb_r; do
    if [ "$rb_e" = job ]; then A=$rb_a rb_n=$rb_b rb_out=$rb_o rb_err=$rb_r rb_rc=none:0; cd "$rb_run"; continue; fi
    [ -n "$A" ] && [ "$rb_a" = "$A" ] || continue
    case $rb_e in
      tick) rb_sizes; [ "$rb_so" -gt 0 ] || [ "$rb_se" -gt 0 ] && { rb_say some "$rb_so" "$rb_se"; rb_bytes; } ;;
      end) rb_rc=$rb_b ;;
      have) rb_say rest; { read -r rb_l <"$A.out"; printf '%s\n' "$rb_l"; printf "$rb_b"; printf '\nRB %s rest\n' "$rb_chan"; } >&8 ;;
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

# end RC:LEFT STOP KILLED CUT HELD OUT ERR
# All at once, all to standard output, is the common case: sent up to a mark that no command can know, without the two
# processes that counting takes. Not by `read`, even where it looks as if nothing came: it skips NUL bytes, and takes a
# system call for each byte of a long line.
rb_final() { rb_so=0 rb_se=0
  if [ "$1" = no ] && [ "$rb_out" = 0 ] && [ ! -s "$A.err" ] && [ -e "$A.out" ]; then
    rb_say rest; cat "$A.out" >&8; printf '\nRB %s rest\n' "$rb_chan" >&8
  else rb_sizes; fi
  rb_ending; rb_say end "$rb_ending" "$1" "$rb_so" "$rb_se"; rb_bytes; A=; }
rb_ending() { rb_linked "$A.stop"; rb_s=$rb_x; rb_linked "$A.killed"; rb_k=$rb_x
  rb_x=no
  # Our own first line is always there, unless the folder was deleted under the job: then nothing is proven.
  { [ -e "$A.cut" ] || [ ! -s "$A.out" ]; } && rb_x=cut; rb_ending="$rb_rc $rb_s $rb_k $rb_x"; }
