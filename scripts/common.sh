# shellcheck shell=bash
# What every script here shares; sourced, not run.
set -euo pipefail
PATH=$PATH:$HOME/.cargo/bin

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
cd "$root"

# Outside the checkout, so that a fresh clone does not compile everything again.
export CARGO_TARGET_DIR="${CARGO_TARGET_DIR:-$HOME/.cache/wirereel/target}"
target=$CARGO_TARGET_DIR
# shellcheck disable=SC2034  # used by who sources this
programs=$target/debug

# `target/...` works in the checkout either way.
mkdir -p "$target"
if [ ! -e "$root/target" ]; then ln -s "$target" "$root/target"; fi

# Programs know the folder they were built from (samples, frontend). Cargo takes another checkout's build for its own when the files
# look no newer: what was built from elsewhere is built again.
if [ "$(cat "$target/built-from" 2>/dev/null)" != "$root" ]; then
  find crates src-tauri -name '*.rs' -exec touch {} +
  printf '%s\n' "$root" >"$target/built-from"
fi

say() { printf '%s\n' "$*" >&2; }
die() { say "$*"; exit 1; }
have() { command -v "$1" >/dev/null 2>&1; }

# npm ci in FOLDER, unless its lock file is the one that was installed from.
npm_ci() {
  local folder=$1 stamp=$1/node_modules/.installed-from
  if cmp -s "$folder/package-lock.json" "$stamp"; then return; fi
  say "npm packages of $folder"
  (cd "$folder" && npm ci --no-audit --no-fund --loglevel=error)
  cp "$folder/package-lock.json" "$stamp"
}

# Reading packets needs a right, which one small program gets and gives up again before the first packet. A newly built file has lost it.
offer_right_to_capture() {
  local agent=$programs/wirereel-whisperer grant answer
  if [ "$(uname)" != Linux ] || "$agent" --check >/dev/null 2>&1; then return; fi
  grant="sudo setcap cap_net_raw+ep $agent"
  if [ -t 0 ] && have sudo; then
    read -r -p "Live capture needs a right for this one file. Run \`$grant\` now? [y/N] " answer || answer=n
    case $answer in [yY]*) $grant || say "Not granted: recordings can be opened all the same." ;; esac
  else
    say "To capture live traffic, run once: $grant"
  fi
}
