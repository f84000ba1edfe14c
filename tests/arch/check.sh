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

# No target of the room reaches the other room, by whatever way.
no_arrow() {
  verdict "$1 does not reach $2" "$(query "somepath(//$1/..., //$2/...)")"
}

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

# What Bazel finds on a machine changes with each package that is installed, and would compile
# everything again (bazel/toolchain).
nothing_found() {
  verdict 'no object depends on what Bazel found on the machine' \
    "$(bazel aquery --noshow_progress --ui_event_filters=error,stdout \
      'mnemonic("Cpp.*", //text/... + //proto/... + //tests/text/...)' 2>&1 |
      grep -oE 'external/local_config[^], ]*|^ERROR.*' | sort -u || true)"
}

nothing_public() {
  # A config_setting is public to Bazel, whatever it says.
  verdict 'nothing of ours is visible to everybody' \
    "$(query 'attr(visibility, "//visibility:public", //... - //third_party/...) -
              kind(config_setting, //...)')"
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
for room in control gateway/hub gateway/protocol gateway/edge gateway/admin gateway/config gateway/server; do
  no_arrow gateway/runtime "$room"
done
no_arrow gateway/admin gateway/hub
no_arrow gateway/config gateway/server
for room in control gateway/hub gateway/protocol gateway/edge gateway/runtime gateway/tokens; do
  no_arrow "$room" storage/redis
done
for room in control gateway/hub gateway/protocol gateway/edge gateway/server; do
  no_arrow storage/redis "$room"
done
# The command line is a client as any other.
verdict 'control/ctl reaches nothing of the gateway but its version' \
  "$(query 'somepath(//control/ctl/..., //gateway/... + //control:* - //gateway:version)')"
for room in storage/redis metrics; do
  no_arrow control/ctl "$room"
done
for room in gateway storage; do
  no_arrow "$room" control/ctl
done
verdict 'one target of control/ctl speaks gRPC' \
  "$(query 'rdeps(//control/ctl/..., //third_party:grpc + //proto:sluice_grpc, 1) intersect //control/ctl/... - //control/ctl:client')"
for library in boost hiredis openssl; do
  verdict "the interfaces of storage do not reach $library" \
    "$(query "somepath(//storage:all, //third_party:$library)")"
done
only_in boost '//gateway/runtime/... + //gateway/edge/... + //gateway/admin/... + //storage/redis/...'
only_in grpc '//control/... + //proto/... + //examples/...'
only_in prometheus '//metrics/...'
only_in hiredis '//storage/redis/...'
only_in jwt '//gateway/tokens/...'
only_in cli11 '//gateway/config:* + //control/ctl:parser'
one_door
nothing_public
nothing_found
# An exception that leaves a handler ends the process with everybody's connections. These throw by
# nature, where a find, a parse that answers, or a check would do.
verdict 'nothing throws for what was not found or cannot be parsed' \
  "$(grep -rnE '\.at\(|->at\(|std::sto(i|l|ll|ul|ull|f|d|ld)\(|std::any_cast' gateway control storage \
    metrics --include='*.cc' --include='*.h' || true)"
# absl::Now notices a step of the world's clock late, or never (storage/time.h); and a deadline on the
# world's clock moves with it.
verdict 'the clocks are read in one place' \
  "$(grep -rnE 'absl::Now\(|system_clock::now' gateway control storage metrics \
    --include='*.cc' --include='*.h' | grep -v '^storage/time.cc:' || true)"

echo "1..$rules"
[ "$broken" -eq 0 ]
