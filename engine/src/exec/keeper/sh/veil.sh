# Masks: what a command was given and must stand in no file, in every form in which it is printed: one a line, the
# longest first, each byte as \ooo. Such text can be compared and cut by any shell, NUL bytes or not, and each byte begins
# with a backslash, so nothing matches in the middle of one.
#   rb_masks, and rb_most: the bytes of the longest

# Passes on what comes, with *** for each of them. What may be the beginning of one waits until it is known. Beyond the
# limit of what is kept nothing is looked at, or passed on, any more.
rb_veil() { trap '' PIPE; set -f; LC_ALL=C; rb_nl='
'; rb_c= rb_i=0
  while rb_x=$(dd bs=16384 count=1 2>/dev/null | od -An -v -to1); [ -n "$rb_x" ]; do
    IFS=" $rb_nl"; set -- $rb_x; IFS='\'; rb_c="$rb_c\\$*"; rb_i=$((rb_i+$#))
    if [ "$rb_i" -gt "$((rb_max*512))" ]; then true >"$A.cut"; exec cat >/dev/null; fi
    # Only so many bytes at the end can be a beginning.
    rb_t=$rb_c; if [ "$#" -ge "$rb_most" ]; then shift "$(($#-rb_most+1))"; IFS='\'; [ "${#rb_c}" -le "$((4*$#))" ] || rb_t="\\$*"; fi
    rb_begun
    # What begins where a longer one may have begun waits as well: who shows *** for the short one shows the rest of the long.
    while rb_first && [ "$((${#rb_h}+${#rb_k}))" -lt "${#rb_c}" ]; do rb_hide; [ "${#rb_k}" -le "${#rb_c}" ] || { rb_t=$rb_c; rb_begun; }; done
    printf "${rb_c%"$rb_k"}"; rb_c=$rb_k
  done; while rb_first; do rb_hide; done; printf "$rb_c"; }
rb_hide() { printf "$rb_h"; printf '***'; rb_c=${rb_c#"$rb_h$rb_m"}; }

# The first of them in what is held -> rb_m, with what stands before it -> rb_h
rb_first() { rb_m= IFS=$rb_nl
  for rb_x in $rb_masks; do case $rb_c in *"$rb_x"*) rb_y=${rb_c%%"$rb_x"*}; [ -n "$rb_m" ] && [ "${#rb_y}" -ge "${#rb_h}" ] || rb_m=$rb_x rb_h=$rb_y;; esac; done
  [ -n "$rb_m" ]; }

# The longest end of it, within rb_t, that may be the beginning of one -> rb_k
rb_begun() { rb_k= IFS=$rb_nl
  for rb_x in $rb_masks; do rb_y=${rb_x%"${rb_x#????}"} rb_r=$rb_t
    while :; do case $rb_r in *"$rb_y"*) ;; *) break;; esac
      rb_r=$rb_y${rb_r#*"$rb_y"}
      case $rb_x in "$rb_r"?*) [ "${#rb_r}" -le "${#rb_k}" ] || rb_k=$rb_r; break;; esac
      rb_r=${rb_r#"$rb_y"}; done; done; }
