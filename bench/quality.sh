#!/usr/bin/env bash
# The three ways to a painting side by side: Instant, Trained, Masterpiece. Paints each photo after each painting in all three,
# judges what comes out, writes the numbers to bench/quality.md and the pictures to a folder, to be looked at.
#
# bench/quality.sh PAINTINGS PHOTOS OUT
#
# PAINTINGS and PHOTOS are folders; no photo may be one that styles are trained on. What is there already in OUT is kept.
set -euo pipefail
[ $# -eq 3 ] || { sed -n '2,7s/^# \{0,1\}//p' "$0"; exit 2; }
paintings=$(realpath "$1") photos=$(realpath "$2")
mkdir -p "$3"
out=$(realpath "$3")
cd "$(dirname "$0")/.."
impasto=${IMPASTO_BIN:-}
if [ -z "$impasto" ]; then
  cargo build -q --release --features studio
  impasto=${CARGO_TARGET_DIR:-target}/release/impasto
fi
size=256

# What a command makes, unless it is there.
make() {
  local place=$1
  shift
  [ -e "$place" ] || "$impasto" "$@" -o "$place" >>"$out/log" 2>&1
}

table=$out/table
: >"$table"
for painting in "$paintings"/*; do
  style=$(basename "${painting%.*}")
  make "$out/$style.impasto" train "$painting" --steps 80 --crop 192 --processor cpu
  for photo in "$photos"/*; do
    name=$(basename "${photo%.*}")
    picture() { echo "$out/$style-$name-$1.png"; }
    make "$(picture instant)" stylize "$photo" --size $size --style-image "$painting"
    make "$(picture trained)" stylize "$photo" --size $size --style "$out/$style.impasto"
    make "$(picture masterpiece)" paint "$photo" --size $size --steps 50 --style-image "$painting" --processor cpu
    judged=$("$impasto" judge "$(picture instant)" "$(picture trained)" "$(picture masterpiece)" \
      --photo "$photo" --style-image "$painting" --size $size --processor cpu)
    echo "$judged" | awk -v style="$style" -v name="$name" \
      'NR > 1 { for (i = 1; i <= 4; i++) row = row sprintf(" %.3f |", $i) } END { printf "| %s | %s |%s\n", style, name, row }' >>"$table"
  done
done

{
  cat <<'TEXT'
# How good it is

Each photo after each painting, in the three ways, at 256 pixels, as large as two cores can afford: none of the photos was used
in training. Trained are 80 steps from Instant, Masterpiece 50 steps. Written by `bench/quality.sh`. All numbers are VGG16's,
with max pooling and 8-bit weights; smaller is nearer.

- *style*: how far the Gram matrices are from the painting's, the mean over relu1_2, relu2_2, relu3_3, relu4_3 of
  `sum((G - S)^2) / sum(S^2)`.
- *colours*: how far means and covariances of red, green and blue are from the painting's, half each, relative to the size of its
  covariances.
- *content*: how far relu3_3 is from the photo's, `mean((F - C)^2) / mean(C^2)`.
- *distance*: between painting and photo as perceived, after LPIPS (Zhang et al. 2018) without its learnt weights.

| | | Instant | | | | Trained | | | | Masterpiece | | | |
|---|---|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|
| painting | photo | style | colours | content | distance | style | colours | content | distance | style | colours | content | distance |
TEXT
  cat "$table"
  awk -F'|' '{ for (i = 4; i <= 15; i++) sum[i] += $i } END { printf "| **mean** | |";
    for (i = 4; i <= 15; i++) printf " **%.3f** |", sum[i] / NR; print "" }' "$table"
} >"$out/quality.md"
# What follows the table is written by hand and stays.
if [ -e bench/quality.md ]; then sed -n '/^## /,$p' bench/quality.md | sed '1i\\' >>"$out/quality.md"; fi
cp "$out/quality.md" bench/quality.md
