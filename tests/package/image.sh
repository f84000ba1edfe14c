#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# image.sh SLUICE SLUICECTL PACKAGE: builds the image of the Dockerfile with these programs, on a Debian 12 that has
# what the package of them depends on, and runs it as containers are run: as process 1, as its user, on a root that cannot be written. Prints TAP.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
tree=$here/../..
# shellcheck source=tests/package/tap.sh
source "$here/tap.sh"
# shellcheck source=tests/package/root.sh
source "$here/root.sh"
gateway=$(realpath "$1") ctl=$(realpath "$2") package=$3
folder=$(mktemp -d)
root=$folder/image
outer='' inner=''

cleanup() {
  # With process 1 all of its namespace ends.
  [ -z "$outer" ] || kill -KILL $inner "$outer" 2>/dev/null || true
  [ -z "${store:-}" ] || in_store umount --all >/dev/null 2>&1 || true
  # Layers hold files of other users; the store is this test's own.
  rm -rf "$folder"
}
trap cleanup EXIT

# buildah on a store of its own, without a daemon, a registry or a control group.
in_store() { buildah --root "$folder/store" --runroot "$folder/run" --storage-driver vfs "$@"; }

# The base image, from Debian's mirrors: no registry is asked.
make_base() {
  local container
  container=$(in_store from scratch)
  in_store add --quiet "$container" "$1" / >/dev/null
  in_store commit --quiet --rm "$container" localhost/debian:bookworm >/dev/null
}

build() {
  mkdir -p "$folder/context/packaging" "$folder/context/bin"
  cp "$tree/Dockerfile" "$folder/context"
  cp "$tree/packaging/rootfs.sh" "$folder/context/packaging"
  cp "$gateway" "$ctl" "$folder/context/bin"
  in_store build --quiet --isolation chroot --pull-never --build-arg BINARIES=bin --build-arg VERSION=1.2.3 \
    --build-arg REVISION=abcdef -t localhost/sluice:test "$folder/context"
}

# --- The image ----------------------------------------------------------------------------------------

if [ "$(id -u)" -ne 0 ]; then
  skipped 'the image is built and run' 'a root of its own needs root'
  finish
  exit
fi
if ! base=$(base_for "$package"); then
  [ -z "${CI:-}" ] || exit 1
  skipped 'the image is built and run' "no Debian 12 could be had from this machine's mirrors"
  finish
  exit
fi
store=yes
check 'a base is there without a registry' make_base "$base"
check 'the Dockerfile builds' build
configured() {
  in_store inspect --type image localhost/sluice:test | python3 -c '
import json, sys
config = json.load(sys.stdin)["OCIv1"]["config"]
assert config["Entrypoint"] == ["/usr/bin/sluice"], config
assert config["User"] == "65532:65532", config
assert config["StopSignal"] == "SIGTERM", config
labels = {name.rsplit(".", 1)[1]: value for name, value in config["Labels"].items() if "opencontainers" in name}
assert labels["version"] == "1.2.3" and labels["revision"] == "abcdef", labels
assert {"title", "description", "licenses"} <= set(labels), labels'
}
check 'entry point, user, signal and labels are as promised' configured
container=$(in_store from --pull-never localhost/sluice:test)
mounted=$(in_store mount "$container")
mkdir "$root"
mount --bind "$mounted" "$root"
trap 'umount "$root" || true; cleanup' EXIT
minimal() {
  local foreign
  foreign=$(find "$root" -xdev -type f -perm /111 -not -path '*/usr/lib*' -not -path '*/usr/bin/sluice*')
  [ -z "$foreign" ] || { echo "$foreign" && return 1; }
  [ -z "$(find "$root" -xdev -perm /6000)" ]
  [ -s "$root/etc/ssl/certs/ca-certificates.crt" ]
  du -sh "$root"
}
check 'it has two programs, libraries and certificates, and nothing that could be run' minimal
check 'its programs find all that they load' chroot --userspec=65532:65532 "$root" /usr/bin/sluicectl --version

# --- As a container runs it ---------------------------------------------------------------------------

# start FLAGS...: as process 1 of a namespace of its own, on a root that is only read, with a /tmp.
start() {
  # shellcheck disable=SC2016  # for the shell within
  unshare --mount --pid --fork sh -c '
    mount -o remount,bind,ro "$0" && mount -t proc proc "$0/proc" && mount -t tmpfs -o mode=1777 tmpfs "$0/tmp" &&
    exec chroot --userspec=65532:65532 "$0" /usr/bin/sluice "$@"' "$root" --listen=127.0.0.1:0 --control=127.0.0.1:0 \
    --admin=127.0.0.1:0 --address-file=/tmp/addresses --reload-status-file=/tmp/reload "$@" 2>"$folder/log" &
  outer=$!
  wait_for 'a process 1' has_child || { cat "$folder/log" && return 1; }
  inner=$(cat "/proc/$outer/task/$outer/children")
  inner=${inner%% *}
  wait_for 'the addresses' test -s "/proc/$inner/root/tmp/addresses"
}
has_child() { [ -n "$(cat "/proc/$outer/task/$outer/children")" ]; }
# The same user in the same namespaces, as a hook runs.
hook() { nsenter --target "$inner" --mount --pid --root --setuid 65532 --setgid 65532 /usr/bin/sluice "$@"; }
ended() { [ "$status" -eq 0 ] || { echo "exit code $status" && cat "$folder/log" && return 1; }; }
logged() { grep -qF "$1" "$folder/log" || { cat "$folder/log" && return 1; }; }

start --shutdown-delay=3s
first() {
  grep -qE "^NSpid:\s+[0-9]+\s+1$" "/proc/$inner/status"
  grep -qE "^Uid:\s+65532" "/proc/$inner/status"
  page "$(address "/proc/$inner/root/tmp/addresses" admin)" /readyz
}
check 'it serves as process 1, as its user' first
unwritable() { ! nsenter --target "$inner" --mount sh -c 'touch "$0/etc/x"' "$root" 2>/dev/null; }
check 'its root cannot be written' unwritable
check 'a reload of process 1 gets a verdict' hook --reload-status-file=/tmp/reload --reload
hook --leave &
leaving=$!
check 'a hook tells it to leave' wait_for 'it to leave' logged 'leaving connections='
kill -TERM "$inner"
check 'SIGTERM joins' wait_for 'it to say so' logged 'told to stop: leaving already'
status=0
wait "$leaving" || status=$?
# The kernel may end the hook ahead of itself: a namespace ends with its process 1.
[ "$status" -ne 137 ] || status=0
check 'the hook is over when it has left' ended
status=0
wait "$outer" || status=$?
outer=
check 'it ends with 0' ended

start
kill -TERM "$inner"
status=0
wait "$outer" || status=$?
outer=
check 'SIGTERM alone ends process 1 with 0' ended
finish
