say() { printf '%s\n' "$1" >&2; exit "${2:-1}"; }
sum() { { if command -v sha256sum >/dev/null; then sha256sum; elif command -v shasum >/dev/null; then shasum -a 256; else openssl dgst -sha256 -r; fi; } | cut -c 1-64; }
case $at in
  /*) ;;
  '~'*) say "$at: a ~ stands for no folder here; write the path out" 126 ;;
  *) [ "$PWD" != / ] || say "$at is relative, and no cwd says to which folder" 126; at=$PWD/$at ;;
esac
