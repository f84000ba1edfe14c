#!/usr/bin/env bash
# The architecture test: which room may know what. The build graph is asked, and the sources as well,
# because headers from Debian are in everybody's search path. Prints TAP. A step of `./dev test`: a test
# that Bazel runs cannot ask Bazel.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."

rules=0
broken=0

# Prints the targets that the query finds; a query that fails finds its own error.
query() {
  bazel query --noshow_progress --ui_event_filters=error,stdout "$1" 2>&1 || true
}

# verdict RULE FINDINGS: a rule holds if nothing was found that breaks it.
verdict() {
  rules=$((rules + 1))
  if [ -z "$2" ]; then
    echo "ok $rules - $1"
  else
    broken=$((broken + 1))
    echo "not ok $rules - $1"
    printf '  # %s\n' "${2//$'\n'/$'\n'  # }"
  fi
}

# No target of the room reaches the library, by whatever way.
no_path() { verdict "$1 does not reach $2" "$(query "somepath(//$1/..., //third_party:$2)")"; }

# No file of the room includes headers from the folder.
no_include() { verdict "$1 does not include <$2>" "$(grep -rnE "^ *# *include [<\"]$2" "$1" || true)"; }

# Nobody outside the rooms (a query expression) names the library as a dependency.
only_in() {
  verdict "$1 is used in its room alone" \
    "$(query "rdeps(//..., //third_party:$1, 1) - //third_party/... - //tests/... - ($2)")"
}

# Text that a stranger chose reaches a protobuf string through one function.
one_door() {
  verdict 'strings of messages pass text::ToUtf8' "$(python3 tests/arch/wire_strings.py 2>&1)"
}

nothing_public() {
  verdict 'nothing of ours is visible to everybody' \
    "$(query 'attr(visibility, "//visibility:public", //... - //third_party/...)')"
}

for library in boost grpc protobuf hiredis prometheus spdlog; do
  no_path gateway/hub "$library"
done
for library in boost grpc; do
  no_path gateway/protocol "$library"
done
for header in boost/ grpcpp/ google/protobuf/ hiredis/ prometheus/ spdlog/; do
  no_include gateway/hub "$header"
done
for header in boost/ grpcpp/; do
  no_include gateway/protocol "$header"
done
only_in grpc '//control/... + //proto/... + //examples/...'
only_in prometheus '//metrics/...'
only_in hiredis '//storage/...'
only_in jwt '//gateway/tokens/...'
one_door
nothing_public
# An exception that leaves a handler ends the process with everybody's connections. These throw by
# nature, where a find, a parse that answers, or a check would do.
verdict 'nothing throws for what was not found or cannot be parsed' \
  "$(grep -rnE '\.at\(|->at\(|std::sto(i|l|ll|ul|ull|f|d|ld)\(|std::any_cast' gateway control storage \
    metrics --include='*.cc' --include='*.h' || true)"
# absl::Now notices a step of the world's clock late, or never (storage/time.h).
verdict 'the clocks are read in one place' \
  "$(grep -rn 'absl::Now(' gateway control storage metrics --include='*.cc' --include='*.h' || true)"

echo "1..$rules"
[ "$broken" -eq 0 ]
