# Is the file there, and is it the same? 0 yes, 1 no, 126 can't tell.
at={{ to }}
[ -f "$at" ] && [ ! -L "$at" ] || exit 1
[ -r "$at" ] || say "$(id -un) can't read $at" 126
bytes=$(wc -c <"$at" | tr -d " ")
[ "$bytes" = {{ size }} ] || exit 1
found=$(sum <"$at")
[ "$found" = {{ sum }} ] || exit 1
