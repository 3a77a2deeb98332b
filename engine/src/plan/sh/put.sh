# Standard input, written into a folder of its own beside the place and moved there when it is whole.
at={{ to }}
dir=${at%/*}
[ "$at" != "$dir/" ] || say "$at ends in a slash: name the file in that folder"
[ ! -L "$at" ] || say "$at is a symbolic link to $(readlink "$at"): name the file itself"
[ ! -d "$at" ] || say "$at is a folder: name the file in it"
[ ! -e "$at" ] || [ -f "$at" ] || say "$at is no regular file"
[ -d "$dir/" ] || say "there is no folder ${dir:-/}"
[ -w "$dir/" ] && [ -x "$dir/" ] || say "$(id -un) can't write into ${dir:-/}; nothing was moved"
new=$dir/.runbook.{{ run_id }}.{{ mark }}
rm -rf "$new"
mkdir -m 700 "$new" || say "nothing can be made in ${dir:-/}; nothing was moved"
trap 'rm -rf "$new"' EXIT
trap 'exit 1' HUP INT TERM
file=$new/file
cat >"$file" || say "it could not be written in ${dir:-/}: is the disk full? nothing was moved"
found=$(sum <"$file")
[ "$found" = {{ sum }} ] || say "what arrived in ${dir:-/} is not what was sent; nothing was moved"
if [ -e "$at" ]; then
  # What was there keeps its mode, its owner, and where cp knows how, the rest of its attributes.
  cp -a --attributes-only "$at" "$file" 2>/dev/null || {
    set -- $(stat -c '%a %u:%g' "$at")
    chown "$2" "$file" 2>/dev/null || :
    chmod "$1" "$file"
  }
  touch "$file"
  ours=$(stat -c %u:%g "$file") theirs=$(stat -c %u:%g "$at")
  [ "$ours" = "$theirs" ] || say "$at belongs to $(stat -c %U:%G "$at") and would come to belong to $(id -un):$(id -gn): say with \`as\` who writes it; nothing was moved"
elif [ {{ executable }} = true ]; then
  chmod +x "$file"
fi
sync "$file" 2>/dev/null || :
[ ! -d "$at" ] || say "$at is a folder: name the file in it"
mv -f "$file" "$at" || say "it could not be moved to $at"
