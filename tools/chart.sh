# shellcheck shell=bash
# The tests of the Helm chart, which are in Go. Sourced by `dev`.

# The Go that tests/helm/go.mod asks for. Where the machine's is older, it comes as a module, whose
# checksum Go's database of checksums knows.
go_wanted=1.26.8

# Prints the Go to use; fails, with the reason on stderr, if there is none.
find_go() {
  local go minor
  go=$(command -v go || ls /usr/local/go/bin/go 2>/dev/null) || return 1
  minor=$("$go" env GOVERSION | sed -n 's/^go1\.\([0-9]*\).*/\1/p')
  # From 1.21 on Go fetches by itself what a go.mod asks for.
  if [ "${minor:-0}" -ge 21 ]; then echo "$go"; else fetch_go "$go"; fi
}

fetch_go() {
  local folder machine
  machine=$(dpkg --print-architecture)
  folder=$(
    cd "$work"
    [ -e go.mod ] || printf 'module fetch\ngo 1.19\n' >go.mod
    "$1" mod download -json "golang.org/toolchain@v0.0.1-go$go_wanted.linux-$machine" |
      sed -n 's/^\t"Dir": "\(.*\)",*$/\1/p'
  )
  [ -n "$folder" ] || return 1
  # Files of a module may not be executed, and these are not ours to replace.
  chmod +x "$folder"/bin/* "$folder"/pkg/tool/*/*
  echo "$folder/bin/go"
}

# Go, or the end of the step with its reason.
need_go() {
  if ! command -v go >/dev/null && [ ! -x /usr/local/go/bin/go ]; then need install "${packages_go[@]}"; fi
  go=$(find_go) || skip "Go $go_wanted could not be fetched by the Go that is here"
}

test_helm() {
  case helm in *"$filter"*) ;; *) no_match ;; esac
  need_go
  need install python3
  build_binaries
  run_go tests/helm "SLUICE=$PWD/bazel-bin/gateway/sluice" ./...
}

# run_go FOLDER VARIABLE=VALUE ARGUMENT...: runs tests in Go and counts their cases.
run_go() {
  local folder=$1 variable=$2 status=0
  shift 2
  (cd "$folder" && env GOFLAGS=-buildvcs=false "$variable" "$go" test -count=1 -json "$@") >"$work/go.json" || status=$?
  python3 tools/report.py go "$work/go.json" >"$work/counts"
  [ "$status" -eq 0 ] || python3 tools/report.py go-output "$work/go.json"
  return $status
}
