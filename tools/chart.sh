# shellcheck shell=bash
# The tests of the Helm chart, which are in Go. Sourced by `dev`.

# The Go that tests/helm/go.mod asks for. Where the machine's is older, it comes as a module, whose
# checksum Go's database of checksums knows.
go_wanted=1.26.8

# Prints the Go to use; fails if there is none that is new enough, nor one that could be fetched.
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
  need find_go "$go_wanted"
  go=$(find_go)
}

fetch_modules() { (cd tests/helm && "$go" mod download); }

test_helm() {
  case helm in *"$filter"*) ;; *) no_match ;; esac
  need_go
  need install python3
  need fetch_modules
  build_binaries
  export SLUICE=$PWD/bazel-bin/gateway/sluice SLUICECTL=$PWD/bazel-bin/control/ctl/sluicectl
  run_go tests/helm .
}

# The same against a real API server, which takes 15 minutes on two cores to build the first time: it takes
# every object, and upgrades leave alone what they should.
soak_helm() {
  need_go
  export SLUICE_KUBE=${XDG_CACHE_HOME:-$HOME/.cache}/sluice/kube
  if [ ! "$SLUICE_KUBE/crds" -nt tests/helm/servers/go.mod ]; then need build_servers; fi
  run_go tests/helm -tags soak -run TestApiServer .
}

build_servers() {
  local at=k8s.io/component-base/version version
  mkdir -p "$SLUICE_KUBE"
  rm -rf "$SLUICE_KUBE/crds"
  (
    cd tests/helm/servers
    version=$("$go" list -m -f '{{.Version}}' k8s.io/kubernetes)
    # Whoever asks for the version is Helm, of which the chart wants no too old one.
    CGO_ENABLED=0 "$go" build -buildvcs=false -o "$SLUICE_KUBE/" \
      -ldflags "-s -w -X $at.gitVersion=$version -X $at.gitMajor=1 -X $at.gitMinor=$(cut -d. -f2 <<<"$version")" \
      k8s.io/kubernetes/cmd/kube-apiserver go.etcd.io/etcd/server/v3 helm.sh/helm/v3/cmd/helm
  ) && mv "$SLUICE_KUBE/server" "$SLUICE_KUBE/etcd" && build_definitions
}

# The definitions of the types that Kubernetes itself has not: of Gateway API as it publishes them, of the
# Prometheus operator made from its Go types.
build_definitions() {
  local types=github.com/prometheus-operator/prometheus-operator/pkg/apis/monitoring/v1 made=$SLUICE_KUBE/crds.new
  rm -rf "$made"
  (
    cd tests/helm
    "$go" tool controller-gen crd:crdVersions=v1,maxDescLen=0 paths=$types "output:crd:dir=$made" &&
      "$go" mod download sigs.k8s.io/gateway-api &&
      cp "$("$go" list -m -f '{{.Dir}}' sigs.k8s.io/gateway-api)"/config/crd/standard/*routes.yaml "$made" &&
      mv "$made" "$SLUICE_KUBE/crds"
  )
}

# run_go FOLDER ARGUMENT...: runs tests in Go and counts their cases.
run_go() {
  local folder=$1 status=0
  shift
  (cd "$folder" && env GOFLAGS=-buildvcs=false "$go" test -count=1 -json "$@") >"$work/go.json" || status=$?
  python3 tools/report.py go "$work/go.json" >"$work/counts"
  [ "$status" -eq 0 ] || python3 tools/report.py go-output "$work/go.json"
  return $status
}
