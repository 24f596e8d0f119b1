# Sourced by build.sh: every check and test, one closing line.

passed=0
failed=0

# One check: a command that succeeds or not.
check() {
  local name=$1
  shift
  say "check: $name"
  if "$@"; then
    passed=$((passed + 1))
  else
    failed=$((failed + 1))
    say "FAILED: $name"
  fi
}

# A test run whose output counts itself, with a `sed` script that prints "passed failed" for each summary line.
counted() {
  local name=$1 script=$2 log ok=0 bad=0 p f status=0
  shift 2
  say "tests: $name"
  log=$(mktemp)
  "$@" 2>&1 | tee "$log" || status=$?
  while read -r p f; do
    ok=$((ok + p))
    bad=$((bad + f))
  done < <(sed -nE "$script" "$log")
  rm -f "$log"
  # A run that fails without counting a failure, or that counts nothing, did not work at all.
  if { [ "$status" -ne 0 ] && [ "$bad" -eq 0 ]; } || [ $((ok + bad)) -eq 0 ]; then bad=$((bad + 1)); fi
  passed=$((passed + ok))
  failed=$((failed + bad))
}

# Lets clippy check the crate wherever it is compiled for the tests: tools/lint.sh. Debian's Rust, which builds for wasm32 where rustup
# cannot, has another clippy.
lint_what_compiles() {
  CLIPPY=$(rustup which clippy-driver 2>/dev/null || command -v clippy-driver) || die "clippy is needed: rustup component add clippy."
  LINT=$PWD/tools/lint.sh
  export CLIPPY
}

# cargo with clippy, with the crate's features and, besides, as a plain `cargo build` has them.
linted() {
  env "RUSTC_WORKSPACE_WRAPPER=$LINT" "LINT_WITHOUT=studio train" cargo test --features studio "$@"
}

# "passed failed" from the last lines of Node's TAP.
NODE_SUMMARY='/^# pass /{s/^# pass ([0-9]+)/\1/;h};/^# fail /{s/^# fail ([0-9]+)/\1/;H;x;s/\n/ /p}'

# $1: how many files run at a time.
node_tests() {
  node --test --test-reporter=tap --test-concurrency="$1" "${@:2}"
}

# The browser tests, two files at a time: each starts browsers, servers and profiles of its own. The file that measures the length
# of recordings runs alone.
browser_tests() {
  local file alone=() together=()
  for file in tests/e2e/*.test.mjs; do
    case ${file##*/} in
      recording.*) alone+=("$file") ;;
      *) together+=("$file") ;;
    esac
  done
  counted "browsers, two files at a time" "$NODE_SUMMARY" node_tests 2 "${together[@]}"
  counted "browsers, one file at a time" "$NODE_SUMMARY" node_tests 1 "${alone[@]}"
}

# Starts the build of the page, which uses one core most of the time, beside the native checks.
start_build() {
  build_log=$(mktemp)
  (build) > "$build_log" 2>&1 &
  build_process=$!
  trap 'kill "$build_process" 2>/dev/null || true' EXIT
}

# Waits for the build that was started, and shows what it printed.
build_ended() {
  local status=0
  wait "$build_process" || status=$?
  trap - EXIT
  cat "$build_log" >&2
  rm -f "$build_log"
  return "$status"
}

run_tests() {
  need_browsers
  need_models
  need_build_tools
  need_node_modules bench
  # In a fresh clone, incremental compilation only adds work.
  if [ -n "${CI:-}" ] || ! [ -t 0 ]; then export CARGO_INCREMENTAL=0; fi
  lint_what_compiles
  start_build
  export IMPASTO_MODELS="$MODELS" VK_ICD_FILENAMES="$LAVAPIPE" VK_DRIVER_FILES="$LAVAPIPE"
  check "format" cargo fmt --check
  check "clippy and the compiler" linted --quiet --all-targets --no-run
  check "documentation" env RUSTDOCFLAGS=-Dwarnings cargo doc -q --no-deps --features studio
  counted "cargo" 's/^test result: .* ([0-9]+) passed; ([0-9]+) failed;.*/\1 \2/p' linted --no-fail-fast
  check "types" npx --no-install tsc --noEmit -p tsconfig.json
  check "types of the bench" npx --no-install tsc --noEmit -p bench
  counted "units" "$NODE_SUMMARY" node_tests 1 tests/unit/*.test.mjs bench/*.test.mjs
  check "build, with clippy" build_ended
  check "generated types" node tools/types.mjs "$MODULES" --check
  export IMPASTO_BIN="$CARGO_TARGET_DIR/debug/impasto" DIST="$PWD/dist"
  browser_tests
  echo "$passed passed, $failed failed"
  [ "$failed" -eq 0 ]
}
