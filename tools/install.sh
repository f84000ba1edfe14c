# shellcheck shell=bash
# Installs what a step needs and is not there: Debian packages, and no others. Sourced by `dev`.

# What objects are made of and with: when one has another version, everything is compiled again.
packages_objects=(
  clang-19 lld-19 libc6-dev libstdc++-12-dev libboost1.81-dev libssl-dev zlib1g-dev
  libgrpc++-dev protobuf-compiler protobuf-compiler-grpc libprotobuf-dev libabsl-dev libsimdjson-dev
  nlohmann-json3-dev libyaml-cpp-dev libcli11-dev libspdlog-dev libfmt-dev prometheus-cpp-dev
  libjwt-dev libhiredis-dev libgtest-dev libgmock-dev libbenchmark-dev
)
packages_build=(bazel-bootstrap bazel-rules-java "${packages_objects[@]}")
packages_sanitizers=(libclang-rt-19-dev llvm-19)
packages_lint=(clang-format-19 clang-tidy-19)
packages_promtool=(prometheus)
packages_redis=(redis-server)
# What sluicectl's manual page and completions are tried with, beside bash.
packages_ctl=(man-db zsh fish)
# The package and what checks it; systemd has systemd-analyze, which looks at the unit.
packages_package=(debhelper dpkg-dev lintian mmdebstrap man-db strace systemd python3)
# What an image's root takes, and what builds an image without a daemon.
packages_rootfs=(binutils ca-certificates)
packages_image=("${packages_rootfs[@]}" buildah crun)
packages_node=(nodejs npm)

as_root() {
  if [ "$(id -u)" -eq 0 ]; then "$@"; else sudo "$@"; fi
}

# Prints those of the named packages that are not installed.
missing() {
  comm -23 <(printf '%s\n' "$@" | sort) <(installed "$@" | cut -d' ' -f1 | sort -u)
}

# Prints "package version" of those of the named packages that are installed.
installed() {
  dpkg-query -W -f='${db:Status-Status} ${Package} ${Version}\n' "$@" 2>/dev/null |
    sed -n 's/^installed //p' || true
}

install() {
  local names
  command -v dpkg-query >/dev/null || die 'Sluice is built on Debian 12; elsewhere, in its container.'
  mapfile -t names < <(missing "$@")
  [ "${#names[@]}" -gt 0 ] || return 0
  echo "Installing ${names[*]}"
  as_root apt-get -qq update
  as_root env DEBIAN_FRONTEND=noninteractive apt-get -qq install --no-install-recommends -y \
    "${names[@]}" >/dev/null
}

# Node 18 or later with npm, wherever it comes from.
install_node() {
  local major
  major=$(node --version 2>/dev/null | sed -n 's/^v\([0-9]*\).*/\1/p')
  if [ "${major:-0}" -ge 18 ] && command -v npm >/dev/null; then return 0; fi
  install "${packages_node[@]}"
}

install_build() {
  install "${packages_build[@]}"
  write_machine_bazelrc
}

# What .bazelrc cannot say because it differs between machines.
write_machine_bazelrc() {
  local objects
  objects=$(installed "${packages_objects[@]}" | sort | cksum | cut -d' ' -f1)
  cat >user.bazelrc.new <<EOF
# Written by ./dev
build --disk_cache=${XDG_CACHE_HOME:-$HOME/.cache}/sluice/bazel
build --config=$(uname -m)
# Bazel does not see the headers in /usr/include: their versions stand for them.
build --action_env=SLUICE_PACKAGES=$objects
build --host_action_env=SLUICE_PACKAGES=$objects
test:tsan --test_env=TSAN_OPTIONS=$(tsan_options)
EOF
  if cmp -s user.bazelrc.new user.bazelrc; then rm user.bazelrc.new; else mv user.bazelrc.new user.bazelrc; fi
}

tsan_options() {
  local symbolizer=/usr/lib/llvm-19/bin/llvm-symbolizer
  # A second of sleep at each exit would be most of what the command line's tests take.
  echo "suppressions=$PWD/tests/tsan.supp:ignore_noninstrumented_modules=1:atexit_sleep_ms=50:external_symbolizer_path=$symbolizer"
}

# The workers that tests/e2e/workers writes in other languages, each with what it needs in its own folder:
# `build` beside the sources. Their libraries come by their languages' own package managers.
packages_python=(python3 python3-venv)
packages_go=(golang-go protobuf-compiler)

install_python_worker() {
  local folder=tests/e2e/workers/python
  if [ "$folder/build/worker" -nt "$folder/requirements.txt" ]; then return 0; fi
  python3 -c 'import ensurepip' 2>/dev/null || install "${packages_python[@]}" || return 1
  rm -rf "$folder/build"
  python3 -m venv "$folder/build" &&
    "$folder/build/bin/pip" install --quiet --disable-pip-version-check -r "$folder/requirements.txt" &&
    "$folder/build/bin/python" -m grpc_tools.protoc -I proto --python_out="$folder/build" \
      --grpc_python_out="$folder/build" sluice/v1/types.proto sluice/v1/workers.proto || return 1
  printf '#!/bin/sh\nPYTHONPATH=%s exec %s %s "$@"\n' "$PWD/$folder/build" \
    "$PWD/$folder/build/bin/python" "$PWD/$folder/worker.py" >"$folder/build/worker"
  chmod +x "$folder/build/worker"
}

install_go_worker() {
  local folder=tests/e2e/workers/go
  if [ "$folder/build/worker" -nt "$folder/main.go" ]; then return 0; fi
  if ! command -v go >/dev/null || ! command -v protoc >/dev/null; then
    install "${packages_go[@]}" || return 1
  fi
  (
    cd "$folder"
    rm -rf build sluice
    mkdir -p build
    GOBIN=$PWD/build go install google.golang.org/protobuf/cmd/protoc-gen-go &&
      protoc -I ../../../../proto --plugin=build/protoc-gen-go --go_out=. \
        --go_opt=module=sluice.dev/tests/worker \
        --go_opt=Msluice/v1/types.proto=sluice.dev/tests/worker/sluice \
        --go_opt=Msluice/v1/workers.proto=sluice.dev/tests/worker/sluice \
        sluice/v1/types.proto sluice/v1/workers.proto &&
      go build -buildvcs=false -o build/worker .
  )
}

# The same for the clients of tests/e2e/clients.
install_python_client() {
  local folder=tests/e2e/clients/python
  if [ "$folder/build/client" -nt "$folder/requirements.txt" ]; then return 0; fi
  python3 -c 'import ensurepip' 2>/dev/null || install "${packages_python[@]}" || return 1
  rm -rf "$folder/build"
  python3 -m venv "$folder/build" &&
    "$folder/build/bin/pip" install --quiet --disable-pip-version-check \
      -r "$folder/requirements.txt" || return 1
  printf '#!/bin/sh\nexec %s %s "$@"\n' "$PWD/$folder/build/bin/python" \
    "$PWD/$folder/client.py" >"$folder/build/client"
  chmod +x "$folder/build/client"
}

install_go_client() {
  local folder=tests/e2e/clients/go
  if [ "$folder/build/client" -nt "$folder/main.go" ]; then return 0; fi
  command -v go >/dev/null || install "${packages_go[@]}" || return 1
  (cd "$folder" && go build -buildvcs=false -o build/client .)
}
