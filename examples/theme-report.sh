#!/usr/bin/env bash
# Theme report: what is a table about? Prints a table in Markdown, one line per theme.
#
#   examples/theme-report.sh TABLE COLUMN [options of embed cluster]
#   examples/theme-report.sh feedback.csv message -k 6
#
# Leaves themed.csv (the records of TABLE with their theme) in the current folder.
set -euo pipefail

if [ $# -lt 2 ]; then
  echo "usage: $0 TABLE COLUMN [options of embed cluster]" >&2
  exit 2
fi
table=$1
column=$2
shift 2

summary=$(mktemp -d)
trap 'rm -rf "$summary"' EXIT
embed cluster "$table" --text-column "$column" --summary "$summary/themes.tsv" -o themed.csv --overwrite "$@" > /dev/null

echo "| rows | theme | typical row |"
echo "|---:|---|---|"
# columns are found by their names: the program may add some
awk -F '\t' '
  NR == 1 { for (i = 1; i <= NF; i++) at[$i] = i; next }
  { gsub(/\|/, "\\|"); printf "| %s | %s | %s |\n", $at["size"], $at["label"], $at["nearest_text"] }
' "$summary/themes.tsv"
