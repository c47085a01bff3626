#!/usr/bin/env bash
# Leak check: does a test set repeat rows of the training data, word for word or nearly so?
#
#   examples/leak-check.sh TRAIN TEST [options of embed dedup]
#   examples/leak-check.sh train.jsonl test.jsonl --text-column question
#
# Ends with 0 if no row of TEST repeats a row of TRAIN, with 1 if some do (they are in leaks.csv, each with the row that it
# repeats), and with 2 after an error. In GitHub Actions, add --format github to see each leak beside the pull request.
set -euo pipefail

if [ $# -lt 2 ]; then
  echo "usage: $0 TRAIN TEST [options of embed dedup]" >&2
  exit 2
fi
train=$1
test=$2
shift 2

code=0
embed dedup "$test" --against "$train" --report leaks.csv --overwrite "$@" || code=$?
case $code in
  0) echo "no leak: no row of $test repeats a row of $train" >&2 ;;
  1) echo "leak: leaks.csv has the rows of $test that repeat a row of $train (verdict: dropped)" >&2 ;;
esac
exit "$code"
