#!/usr/bin/env bash
# Trains the styles that ship in www/assets/styles, each with its settings, which were found by looking at what they paint.
#
# tools/train-styles.sh PAINTINGS [NAME ...]
#
# PAINTINGS is a folder with pictures of public-domain paintings, under the names of the list below; the project's own
# paintings it draws itself. Without names all are trained: some minutes each. They begin as the style predictor sees them, for which
# a graphics adapter is needed; another adapter may differ in the last digits.
set -euo pipefail
cd "$(dirname "$0")/.."

[ $# -ge 1 ] || { sed -n '2,8s/^# \{0,1\}//p' "$0"; exit 2; }
paintings=$1
shift
impasto=${IMPASTO_BIN:-}
if [ -z "$impasto" ]; then
  cargo build -q --release --features studio
  impasto=${CARGO_TARGET_DIR:-target}/release/impasto
fi
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# id|file or kind:seed|title|source|arguments
styles=$(cat <<'LIST'
starry-night|starry_night.jpg|The Starry Night|Vincent van Gogh, The Starry Night, 1889 (public domain)|
scream|the_scream.jpg|The Scream|Edvard Munch, The Scream, 1893 (public domain)|
shipwreck|shipwreck.jpg|The Shipwreck|J. M. W. Turner, The Shipwreck of the Minotaur, about 1810 (public domain)|
ember-swirls|swirls:11|Ember swirls||
mountain-woodcut|woodcut:13|Mountain woodcut||
deep-sea|waves:12|Deep sea||
confetti-light|stipple:12|Confetti light||
rose-window|glass:11|Rose window||
LIST
)

while IFS='|' read -r id file title source arguments; do
  [ $# -eq 0 ] || [[ " $* " == *" $id "* ]] || continue
  case "$file" in
    *:*)
      painting="$work/$id.png"
      "$impasto" art "${file%:*}" --seed "${file#*:}" --size 640 -o "$painting"
      source="Impasto's own painting, drawn by: impasto art ${file%:*} --seed ${file#*:}"
      ;;
    *) painting="$paintings/$file" ;;
  esac
  # shellcheck disable=SC2086 # arguments are words
  "$impasto" train "$painting" -o "www/assets/styles/$id.impasto" --name "$title" --source "$source" \
    --licence 'MIT OR Apache-2.0' --sample www/assets/photos/chelsea.webp --steps 80 --crop 192 \
    --backend cpu $arguments
done <<<"$styles"

# The page's list: what is there, in this order.
node - <<'LIST' "$styles"
const { existsSync, writeFileSync } = require('node:fs');
const rows = process.argv[2].split('\n').filter(Boolean).map((row) => row.split('|'));
const there = rows.filter(([id]) => existsSync(`www/assets/styles/${id}.impasto`));
const lines = there.map(([id, , name]) => `  ${JSON.stringify({ id, name })}`);
writeFileSync('www/assets/styles/trained.json', `[\n${lines.join(',\n')}\n]\n`);
LIST
