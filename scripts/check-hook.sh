#!/usr/bin/env bash
# Runs the hooks of .pre-commit-hooks.yaml as pre-commit does: it clones this repository, and builds it on the first run. Skipped,
# aloud, where pre-commit cannot be installed from PyPI.
set -euo pipefail
root=$(pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
export PRE_COMMIT_HOME=$work/home GIT_CONFIG_GLOBAL=$work/gitconfig GIT_CONFIG_NOSYSTEM=1
unset EMBED_CACHE
printf '[user]\n\tname = Ann\n\temail = ann@example.org\n[safe]\n\tdirectory = *\n' >"$GIT_CONFIG_GLOBAL"

if ! { python3 -m venv "$work/venv" && "$work/venv/bin/pip" install --quiet pre-commit==4.7.0; } >"$work/log" 2>&1; then
  tail -n 3 "$work/log"
  echo "skipped: the hooks of pre-commit, which cannot be installed here"
  exit 0
fi
commits() { "$work/venv/bin/pre-commit" run --color never >"$work/out" 2>&1; }

# $1 says what should be seen; the words after it must be in what pre-commit prints
shows() {
  local what=$1
  shift
  for words in "$@"; do
    grep -qF -- "$words" "$work/out" || { cat "$work/out"; echo "error: $what: \"$words\" is missing" >&2; exit 1; }
  done
  echo "pre-commit: $what ($SECONDS s)"
}

mkdir "$work/repo"
cd "$work/repo"
git init --quiet
cat >.pre-commit-config.yaml <<END
repos:
  - repo: file://$root
    rev: $(git -C "$root" rev-parse HEAD)
    hooks:
      - id: embed-dedup
        args: [--text-column, body, --model, multilingual]
END
printf 'id,body\n1,The kettle leaks at the lid.\n2,Where is my parcel?\n' >a.csv
git add .
commits
shows 'builds, and passes rows that do not repeat' 'duplicates (embed dedup)' 'Passed'
git commit --quiet --message 'Add rows' --no-verify

printf 'id,body\n3,The blue scarf lost its colour.\n4,The kettle leaks at the lid.\n' >b.csv
git add b.csv
commits
shows 'gets the files that a commit changes, and no others' 'Passed'
printf '5,What does the lamp cost?\n' >>a.csv
git add a.csv
! commits
shows 'finds what repeats a row of another changed file' 'Failed' 'b.csv:3' 'a.csv:2' '1 of 5 rows repeats another'
git rm --quiet --cached b.csv
git rm --quiet --force a.csv
commits
shows 'does not run for files that are deleted' '(no files to check)Skipped'
printf 'name,price\nlamp,12\n' >c.csv
git add c.csv
! commits
shows 'says which column is missing' 'Cannot find column "body" in c.csv: columns are name, price'
