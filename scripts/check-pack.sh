#!/usr/bin/env bash
# Packs the project, installs the tarball into an empty folder as a user would, and encodes, searches, groups and deduplicates
# there.
set -euo pipefail
root=$(pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
npm pack --silent --pack-destination "$work" >/dev/null
mkdir "$work/empty"
cd "$work/empty"
npm init --yes >/dev/null
npm install --silent --no-fund --no-audit "$work"/corpus-embed-*.tgz
npx --no-install embed encode "$root/fixtures/recipes.txt" -o recipes.npy
npx --no-install embed encode "$root/fixtures/recipes.txt" -o recipes.npy 2>&1 | grep 'up to date'
test -s recipes.npy && test -s recipes.rows.jsonl && test -s recipes.manifest.json
npx --no-install embed search recipes.npy how do I cook rice -n 1 | grep 'Rinse the rice'
npx --no-install embed cluster "$root/fixtures/feedback.csv" --text-column message -k 6 -o themed.csv | grep '6 clusters of 47 rows'
npx --no-install embed dedup "$root/fixtures/tickets.csv" --text-column body -o clean.csv | grep 'exact'
test "$(wc -l < clean.csv)" = 14
npx --no-install embed models | grep 'minilm .* package'
echo "packed tarball: $(du -h "$work"/corpus-embed-*.tgz | cut -f1), installs, encodes, searches, groups and deduplicates in an empty folder"
