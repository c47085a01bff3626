#!/usr/bin/env bash
# Installs the project in every way the docs name (docs/install.md) and searches with each: the tarball of npm pack as a
# dependency, globally and with npx, a git repository, and a release from a registry. npm may warn of nothing.
set -euo pipefail
root=$(pwd)
work=$(mktemp -d)
registry= git=
trap '[ -z "$registry$git" ] || kill $registry $git; rm -rf "$work" "$root/release"' EXIT
# what this check was started with may have silenced npm
export npm_config_loglevel=notice npm_config_audit=false npm_config_fund=false npm_config_update_notifier=false
printf 'The night train to Lisbon\nRinse the rice, then simmer it\n' >"$work/tiny.txt"

# Runs npm with its words kept, and fails when it warns.
quiet() {
  local log
  log=$(mktemp -p "$work")
  if ! npm "$@" >"$log" 2>&1 || grep -E '^npm (warn|error)' "$log"; then
    cat "$log"
    echo "error: npm $1 failed or warned" >&2
    return 1
  fi
}

# An empty folder, and in it
empty() {
  mkdir "$work/$1"
  cd "$work/$1"
  npm init --yes >/dev/null
}

# Searches with the command that is given; $1 says in what way it was installed.
searches() {
  local way=$1
  shift
  "$@" search "$work/tiny.txt" how do I cook rice -n 1 --quiet | grep -q 'Rinse the rice'
  echo "$way: searches ($SECONDS s)"
}

megabytes() { du -sm --apparent-size "$@" | cut -f1; }

cd "$root"
quiet pack --pack-destination "$work"
tarball=$(echo "$work"/corpus-embed-*.tgz)
offline=(--offline --cache "$work/cache")

# beside the others: it installs all that a build needs, and takes as long as they do
from_git() {
  git clone --quiet --bare "$root" "$work/repository"
  empty git
  quiet install "git+file://$work/repository"
  searches "npm install git+file://" npx --no-install embed
}
from_git &
git=$!

empty dependency
quiet install "${offline[@]}" "$tarball"
test "$(find . -name 'onnxruntime_binding.node' | wc -l)" = 1
searches "npm install ./corpus-embed.tgz without a network" npx --no-install embed
npx --no-install embed encode "$root/fixtures/recipes.txt" -o recipes.npy
npx --no-install embed encode "$root/fixtures/recipes.txt" -o recipes.npy 2>&1 | grep 'up to date'
test -s recipes.npy && test -s recipes.rows.jsonl && test -s recipes.manifest.json
npx --no-install embed cluster "$root/fixtures/feedback.csv" --text-column message -k 6 -o themed.csv | grep '6 clusters of 47 rows'
npx --no-install embed dedup "$root/fixtures/tickets.csv" --text-column body -o clean.csv | grep 'exact'
test "$(wc -l < clean.csv)" = 14
npx --no-install embed models | grep 'minilm .* package'
# the library, for a TypeScript project with strict checks and for an ESM project
cp "$root/fixtures/consumer.mts" "$root/fixtures/recipes.txt" .
"$root/node_modules/.bin/tsc" --strict --noUncheckedIndexedAccess --module nodenext --target es2023 \
  --typeRoots "$root/node_modules/@types" --types node consumer.mts
node consumer.mjs | grep 'the library works'
size="$(megabytes "$tarball") MB packed, $(megabytes node_modules) MB installed"

quiet install --global --prefix "$work/global" "${offline[@]}" "$tarball"
searches "npm install --global" "$work/global/bin/embed"

empty npx
searches "npx --package ./corpus-embed.tgz" npx --yes "${offline[@]}" --package "$tarball" embed 2>"$work/npx.log"
! grep -E '^npm (warn|error)' "$work/npx.log"

wait "$git"
git=

cd "$root"
npm run --silent build
node scripts/pack-release.js --here >/dev/null
node scripts/local-registry.js "$(npm config get registry)" >"$work/fetched" &
registry=$!
until [ -s "$work/fetched" ]; do sleep 0.1; done
empty release
quiet install --registry "$(head -n 1 "$work/fetched")" --cache "$work/release-cache" corpus-embed
searches "npm install corpus-embed from a registry" npx --no-install embed
test "$(grep -c runtime "$work/fetched")" = 1
echo "fetched: $(sed 1d "$work/fetched" | tr '\n' ' ')of release/, $(megabytes node_modules) MB installed"
echo "tarball: $size"
