#!/usr/bin/env bash
# Builds the gateway of a tag or a commit, and leaves it as FOLDER/sluice: tools/build_at.sh REVISION FOLDER.
# For what has to get along with an earlier release: SLUICE_PREVIOUS=FOLDER/sluice ./dev test mixed
set -euo pipefail

if [ $# -ne 2 ]; then
  echo "use $0 REVISION FOLDER" >&2
  exit 2
fi
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
mkdir -p "$2"
folder=$(cd "$2" && pwd)
tree=$(mktemp -d)
clear_up() {
  (cd "$tree/tree" && bazel shutdown) || true
  git -C "$root" worktree remove --force "$tree/tree" || true
  rm -rf "$tree"
}
trap clear_up EXIT
git -C "$root" worktree add -q --detach "$tree/tree" "$1"
# What is said of this machine, its disk cache among it; ./dev writes it.
if [ -f "$root/user.bazelrc" ]; then cp "$root/user.bazelrc" "$tree/tree"; fi
cd "$tree/tree"
bazel build --noshow_progress //gateway:sluice
install -m 755 bazel-bin/gateway/sluice "$folder/sluice"
