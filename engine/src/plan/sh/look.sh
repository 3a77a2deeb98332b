# The size and the SHA-256 of a file.
at={{ from }}
[ -e "$at" ] || say "$at is not there, or $(id -un) can't see it"
[ ! -d "$at" ] || say "$at is a folder: name a file in it"
[ -f "$at" ] || say "$at is no regular file"
[ -r "$at" ] || say "$(id -un) can't read $at"
bytes=$(wc -c <"$at" | tr -d " ")
found=$(sum <"$at")
printf '%s %s\n' "$bytes" "$found"
