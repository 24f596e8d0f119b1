#!/usr/bin/env bash
# Clippy beside the compiler, as cargo's RUSTC_WORKSPACE_WRAPPER: each crate of the workspace is checked with the arguments that it is
# compiled with. So the checks need no build of the dependencies of their own. $CLIPPY is the path of clippy-driver; where it is empty,
# the compiler's own warnings count.
set -euo pipefail

rustc=$1
shift
# Questions of cargo about the compiler.
case " $* " in *" --print"* | *" -vV "*) exec "$rustc" "$@" ;; esac
[ -n "${CLIPPY:-}" ] || exec "$rustc" "$@" -Dwarnings

scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

# Checks the crate with the arguments of the compiler, without the features that are named. Only the messages leave: cargo must not take
# what is written here for the crate.
check() {
  local hidden=" $* " arguments=() feature
  set -- "${compiler[@]}"
  while [ $# -gt 0 ]; do
    case $1 in
      --emit=*) arguments+=(--emit=metadata) ;;
      --json=*) arguments+=("${1//,artifacts/}") ;;
      --out-dir) arguments+=(--out-dir "$scratch"); shift ;;
      --cfg)
        feature=${2#feature=\"}
        [[ "$hidden" == *" ${feature%\"} "* ]] || arguments+=(--cfg "$2")
        shift
        ;;
      *) arguments+=("$1") ;;
    esac
    shift
  done
  CLIPPY_ARGS='-D__CLIPPY_HACKERY__warnings__CLIPPY_HACKERY__' "$CLIPPY" "$rustc" "${arguments[@]}"
}

compiler=("$@")
check
# The command line without training, as `cargo build` compiles it.
[ -z "${LINT_WITHOUT:-}" ] || check $LINT_WITHOUT
rm -rf "$scratch"
exec "$rustc" "$@"
