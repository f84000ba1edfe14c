# shellcheck shell=bash
# SPDX-License-Identifier: Apache-2.0
# Prints TAP. Sourced by the tests of this folder, which run with `set -euo pipefail`.

cases=0
broken=0

# check NAME COMMAND...: a case, which holds if the command succeeds. What it printed is told if not.
check() {
  local name=$1 said
  shift
  cases=$((cases + 1))
  # In a shell of its own with `set -e`, which an `if` would switch off.
  set +e
  said=$(
    set -e
    "$@" 2>&1
  )
  local status=$?
  set -e
  if [ "$status" -eq 0 ]; then
    echo "ok $cases - $name"
  else
    broken=$((broken + 1))
    echo "not ok $cases - $name"
    printf '  # %s\n' "${said//$'\n'/$'\n'  # }"
  fi
}

skipped() {
  cases=$((cases + 1))
  echo "ok $cases - $1 # SKIP $2"
}

finish() {
  echo "1..$cases"
  [ "$broken" -eq 0 ]
}

# wait_for WHAT COMMAND...: until it succeeds, for 20 seconds.
wait_for() {
  local what=$1 end=$((SECONDS + 20))
  shift
  until "$@"; do
    if [ "$SECONDS" -ge "$end" ]; then
      echo "not within 20 s: $what"
      return 1
    fi
    read -rt 0.05 <> <(:) || true
  done
}

# address FILE PORT: what the gateway wrote about one of its ports.
address() {
  python3 -c 'import json, sys; print(json.load(open(sys.argv[1]))[sys.argv[2]])' "$1" "$2"
}

# Whether the admin port says so: page ADDRESS PATH.
page() {
  python3 -c 'import sys, urllib.request; print(urllib.request.urlopen(f"http://{sys.argv[1]}{sys.argv[2]}", timeout=5).read().decode())' "$1" "$2"
}
