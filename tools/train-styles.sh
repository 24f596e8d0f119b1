#!/usr/bin/env bash
# Trains the styles that ship in www/assets/styles, each with its settings, which were found by looking at what they paint.
#
# tools/train-styles.sh PAINTINGS [NAME ...]
#
# PAINTINGS is a folder with pictures of public-domain paintings, under the names of the list below; the project's own paintings it
# draws itself. Without names all are trained: some minutes each; with a network of their own, an hour each, on the photos in the
# folder $PHOTOS (bench/quality.sh fetches six). The others begin as the style predictor sees them, for which a graphics adapter is
# needed; another adapter may differ in the last digits.
set -euo pipefail
cd "$(dirname "$0")/.."

[ $# -ge 1 ] || { sed -n '2,9s/^# \{0,1\}//p' "$0"; exit 2; }
paintings=$1
shift
impasto=${IMPASTO_BIN:-}
if [ -z "$impasto" ]; then
  cargo build -q --release --features studio
  impasto=${CARGO_TARGET_DIR:-target}/release/impasto
fi
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# id|file or kind:seed|title|source|`own` for a network of its own
styles=$(cat <<'LIST'
starry-night-sharp|starry_night.jpg|The Starry Night, sharp|Vincent van Gogh, The Starry Night, 1889 (public domain)|own
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

while IFS='|' read -r id file title source network; do
  [ $# -eq 0 ] || [[ " $* " == *" $id "* ]] || continue
  case "$file" in
    *:*)
      painting="$work/$id.png"
      "$impasto" art "${file%:*}" --seed "${file#*:}" --size 640 -o "$painting"
      source="Impasto's own painting, drawn by: impasto art ${file%:*} --seed ${file#*:}"
      ;;
    *) painting="$paintings/$file" ;;
  esac
  settings=(--steps 80)
  if [ "$network" = own ]; then
    settings=(--all-weights --style-loss transport --steps 1500 --photos "${PHOTOS:?a folder with photos}"/* --scenes 4)
  fi
  "$impasto" train "$painting" -o "www/assets/styles/$id.impasto" --name "$title" --source "$source" \
    --licence 'MIT OR Apache-2.0' --sample www/assets/photos/chelsea.webp --crop 192 --backend cpu "${settings[@]}"
done <<<"$styles"

# The page's list: what is there, in this order, with the name of a network of its own.
node - <<'LIST' "$styles"
const { existsSync, readFileSync, writeFileSync } = require('node:fs');
const rows = process.argv[2].split('\n').filter(Boolean).map((row) => row.split('|'));
const file = (id) => `www/assets/styles/${id}.impasto`;
const network = (id) => {
  const bytes = readFileSync(file(id));
  return JSON.parse(bytes.toString('utf8', 8, 8 + Number(bytes.readBigUInt64LE(0)))).__metadata__.network;
};
const own = (id) => (network(id).startsWith('own-') ? { network: network(id) } : {});
const lines = rows.filter(([id]) => existsSync(file(id))).map(([id, , name]) => `  ${JSON.stringify({ id, name, ...own(id) })}`);
writeFileSync('www/assets/styles/trained.json', `[\n${lines.join(',\n')}\n]\n`);
LIST
