# shellcheck shell=bash
# Runs steps one after the other, whether or not one before has failed, and says at the end what ran,
# what did not and why. Sourced by `dev`.

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
passed=0
failed=0
skipped=0

# step NAME FUNCTION [ARGUMENT...]: the function runs in a shell of its own. It may leave the counts of
# tests in $work/counts, as tools/report.py prints them.
step() {
  local name=$1 started=$SECONDS status
  shift
  rm -f "$work/counts" "$work/details" "$work/skip" "$work/no_match"
  printf '\n=== %s\n' "$name"
  set +e
  (
    set -e
    "$@"
  )
  status=$?
  set -e
  record "$name" "$status" $((SECONDS - started))
}

# Ends the step that calls it: skip REASON.
skip() {
  echo "$1" >"$work/skip"
  exit 0
}

# Ends the step that calls it, which has nothing that the filter lets through.
no_match() {
  touch "$work/no_match"
  exit 0
}

# Installs for the step that calls it. What cannot be installed a developer does without; CI does not.
need() {
  "$@" && return 0
  [ -z "${CI:-}" ] || exit 1
  skip "could not $*"
}

record() {
  if [ -e "$work/no_match" ]; then return; fi
  local name=$1 status=$2 seconds=$3 verdict=ok counts=(0 0 0)
  [ "$status" -eq 0 ] || verdict=FAILED
  if [ -s "$work/counts" ]; then
    read -ra counts < <(head -n 1 "$work/counts")
    verdict="$verdict: ${counts[0]} passed, ${counts[1]} failed, ${counts[2]} skipped"
    sed '1d; s/^/    /' "$work/counts" >"$work/details"
  fi
  if [ -s "$work/skip" ]; then verdict="skipped: $(cat "$work/skip")" counts[2]=1; fi
  # A step that failed without a failed test, as the linter does, is one failure.
  if [ "$status" -ne 0 ] && [ "${counts[1]}" -eq 0 ]; then counts[1]=1; fi
  passed=$((passed + counts[0])) failed=$((failed + counts[1])) skipped=$((skipped + counts[2]))
  printf '  %-14s %4d s  %s\n' "$name" "$seconds" "$verdict" >>"$work/summary"
  if [ -s "$work/details" ]; then cat "$work/details" >>"$work/summary"; fi
}

conclude() {
  [ -s "$work/summary" ] || die 'no test has that in its name'
  printf '\n=== What ran\n'
  cat "$work/summary"
  printf '\n%d passed, %d failed, %d skipped\n' "$passed" "$failed" "$skipped"
  [ "$failed" -eq 0 ]
}
