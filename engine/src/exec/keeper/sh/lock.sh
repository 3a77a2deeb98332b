# Locks of a whole host. They lie in one folder of all accounts ($rb_locks, sticky: each takes away only what is its own):
# two accounts with locks in their homes both held one host. A lock's marks are numbered. The highest says who holds it,
# or that it is free, and a number is never given back, so whoever was overtaken finds a higher one. A mark is a symbolic
# link that leads nowhere: made in one piece with what it says, only where there is nothing, and never followed. It is
# read again after it was made, because `ln` puts its link inside where somebody has put a folder.
#   NAME.N -> held,RUN,WHO,SINCE   or   free,RUN,WHO,SINCE        NAME.N.by -> PID:START:BOOT, a channel of the holder
# In the run's own folder, lock/NAME=N says what this run holds here. Every start looks whether that is still so.

# The folder, made by whoever comes first; false with rb_why.
rb_room() { rb_i=0
  [ -d "$rb_locks" ] || { mkdir "$rb_locks" && chmod 1777 "$rb_locks"; }
  while :; do
    [ -d "$rb_locks" ] && [ ! -L "$rb_locks" ] || { rb_why="it is no folder"; return 1; }
    case $(LC_ALL=C ls -ld "$rb_locks") in drwxrwxrwt*) return 0;; esac
    [ "$rb_i" -lt 10 ] || { rb_why="its mode is not 1777"; return 1; }
    rb_nap; rb_i=$((rb_i+1))
  done; }

# rb_highest NAME -> rb_hi (0: there is none) rb_text. Sixteen digits are more than a shell counts with for sure.
rb_highest() { rb_hi=0 rb_text=-
  for rb_f in "$rb_locks/$1."*; do rb_x=${rb_f#"$rb_locks/$1."}
    case $rb_x in ''|0*|*[!0-9]*|????????????????*) continue;; esac
    [ "$rb_x" -le "$rb_hi" ] || rb_hi=$rb_x
  done
  [ "$rb_hi" != 0 ] || return 0
  rb_linked "$rb_locks/$1.$rb_hi"; rb_text=$rb_x
  case $rb_text in -|''|*[!a-zA-Z0-9%,._@:+-]*) rb_text=odd;; esac; }

# Is a channel of the holder of NAME N still there? -> rb_by: alive, gone, unknown
rb_holder() { rb_by=gone; rb_linked "$rb_locks/$1.$2.by"; rb_z=$rb_x
  case ${rb_z%%:*} in ''|*[!0-9]*) return;; esac
  case $rb_z in *":$rb_boot") ;; *) return;; esac
  if [ ! -d /proc/1 ]; then rb_by=unknown; elif rb_alive "$rb_z"; then rb_by=alive; fi; }

# Takes away the marks of NAME below N, as far as they are ours to take away.
rb_sweep() { for rb_f in "$rb_locks/$1."*; do rb_x=${rb_f#"$rb_locks/$1."}; rb_x=${rb_x%.by}
    case $rb_x in ''|0*|*[!0-9]*|????????????????*) continue;; esac
    [ "$rb_x" -ge "$2" ] || rm -f "$rb_f"
  done; return 0; }

# lock NAME RUN,WHO,SINCE take|-
rb_lock() { rb_memory || { rb_say no memory-lost; return; }
  rb_room || { rb_say no room "$rb_why"; return; }
  rb_j=0
  while :; do
    rb_highest "$rb_1"
    case $rb_hi/$rb_text in
      */held,"$rb_id",*) break ;;
      0/-|*/free,*) ;;
      *) [ "$rb_3" = take ] || { rb_holder "$rb_1" "$rb_hi"; rb_say no locked "$rb_hi" "$rb_text" "$rb_by"; return; } ;;
    esac
    rb_k=$((rb_hi+1)) rb_j=$((rb_j+1))
    [ "$rb_j" -le 50 ] && [ "$rb_k" -lt 999999999999999 ] || { rb_say no cannot-record; return; }
    ln -s "held,$rb_2" "$rb_locks/$rb_1.$rb_k"; rb_highest "$rb_1"
    [ "$rb_hi/$rb_text" != "$rb_k/held,$rb_2" ] || break
    # Somebody was faster, or nothing could be made.
    [ "$rb_hi" -ge "$rb_k" ] || { rb_say no cannot-record; return; }
    rb_linked "$rb_locks/$rb_1.$rb_k"; [ "$rb_x" != "held,$rb_2" ] || rm -f "$rb_locks/$rb_1.$rb_k"
  done
  mkdir -p lock; rm -f "lock/$rb_1="*; true >"lock/$rb_1=$rb_hi" || { rb_say no cannot-record; return; }
  read -r rb_me rb_x </proc/self/stat; rb_stat "$rb_me"
  rm -f "$rb_locks/$rb_1.$rb_hi.by"; ln -s "$rb_me:$rb_start:$rb_boot" "$rb_locks/$rb_1.$rb_hi.by"
  # A take-over deletes nothing.
  [ "$rb_3" = take ] || rb_sweep "$rb_1" "$rb_hi"
  rb_say held "$rb_hi"; }

# unlock NAME RUN,WHO,SINCE: free, unless it is another's by now.
rb_unlock() { rm -f "lock/$rb_1="*
  rb_room || { rb_say no room "$rb_why"; return; }
  rb_highest "$rb_1"
  case $rb_text in held,"$rb_id",*)
    ln -s "free,$rb_2" "$rb_locks/$rb_1.$((rb_hi+1))"; rb_highest "$rb_1"
    case $rb_text in held,"$rb_id",*) rb_say no cannot-record; return;; free,*) rb_sweep "$rb_1" "$rb_hi";; esac ;;
  esac
  rb_say unlocked; }

# Does this run still hold what it holds here? If not: rb_lost, and who has it in rb_hi rb_text.
rb_holds() { for rb_g in lock/*=*; do
    [ -e "$rb_g" ] || continue
    rb_lost=${rb_g#lock/}; rb_highest "${rb_lost%=*}"
    case $rb_hi/$rb_text in "${rb_lost##*=}"/held,"$rb_id",*) ;; *) rb_lost=${rb_lost%=*}; return 1;; esac
  done; return 0; }
rb_overtaken() { rb_holder "$rb_lost" "$rb_hi"; rb_say no overtaken "$rb_lost" "$rb_hi" "$rb_text" "$rb_by"; }
rb_held() { if rb_holds; then rb_say held; else rb_overtaken; fi; }
