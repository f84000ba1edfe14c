# shellcheck shell=bash
# `./dev package`, and what its tests use of it. Sourced by `dev`.

# Builds what is released, and a package of it in the folder: dist, unless another is named.
cmd_package() {
  local out=${1:-dist}
  install_build
  install "${packages_package[@]}"
  bazel build --noshow_progress --config=release //gateway:sluice //control/ctl:sluicectl
  mkdir -p "$out"
  package_deb bazel-bin/gateway/sluice bazel-bin/control/ctl/sluicectl "$(version_of bazel-bin/gateway/sluice)" "$out"
  lintian --fail-on error,warning "$out"/sluice_*.deb
  ls "$out"/sluice_*.deb
}

version_of() { "$1" --version | cut -d' ' -f2; }

# package_deb SLUICE SLUICECTL VERSION OUT: a Debian package of these two binaries.
package_deb() {
  local gateway=$1 ctl=$2 version=$3 out=$4 stage
  stage=$work/deb-$version
  rm -rf "$stage"
  mkdir -p "$stage/build/docs"
  cp -r packaging/debian packaging/needrestart packaging/sluice.yaml docs/man/sluice.8 docs/man/sluicectl.1 "$stage/build"
  cp docs/*.md "$stage/build/docs"
  cp packaging/sluice.service "$stage/build/debian/sluice.service"
  cp "$gateway" "$stage/build/sluice"
  cp "$ctl" "$stage/build/sluicectl"
  chmod 755 "$stage/build/sluice" "$stage/build/sluicectl"
  stage_completions "$ctl" "$stage/build/completions"
  cp CHANGELOG.md "$stage/build/CHANGELOG.md"
  debian_changelog "$version" >"$stage/build/debian/changelog"
  if ! (cd "$stage/build" && dpkg-buildpackage --build=binary --no-sign >"$stage/log" 2>&1); then
    cat "$stage/log" >&2
    return 1
  fi
  cp "$stage"/sluice_*.deb "$out"
}

stage_completions() {
  mkdir -p "$2/bash" "$2/zsh" "$2/fish"
  "$1" completion bash >"$2/bash/sluicectl"
  "$1" completion zsh >"$2/zsh/_sluicectl"
  "$1" completion fish >"$2/fish/sluicectl.fish"
}

# The same commit makes the same one.
debian_changelog() {
  local date
  date=$(git log -1 --format=%cD 2>/dev/null) || date=$(date -R)
  printf 'sluice (%s) unstable; urgency=medium\n\n  * What has changed is in /usr/share/doc/sluice/changelog.gz.\n\n -- %s  %s\n' \
    "$1" "$(sed -n 's/^Maintainer: //p' packaging/debian/control)" "$date"
}

# Puts together the root of an image: dev rootfs FOLDER. The Dockerfile's own step.
cmd_rootfs() {
  [ $# -eq 1 ] || die 'rootfs takes the folder to make'
  install_build
  install "${packages_rootfs[@]}"
  bazel build --noshow_progress --config=release //gateway:sluice //control/ctl:sluicectl
  packaging/rootfs.sh "$1" bazel-bin/gateway/sluice bazel-bin/control/ctl/sluicectl
}

# A package of what is tested anyway: it costs no build of its own.
test_package() {
  case package in *"$filter"*) ;; *) no_match ;; esac
  need install "${packages_package[@]}" "${packages_image[@]}"
  build_binaries
  local binaries=(bazel-bin/gateway/sluice bazel-bin/control/ctl/sluicectl) status=0
  mkdir -p "$work/debs"
  package_deb "${binaries[@]}" "$(version_of "${binaries[0]}")" "$work/debs"
  tests/package/deb.sh "$work"/debs/sluice_*.deb >"$work/package.tap" || status=$?
  tests/package/image.sh "${binaries[@]}" "$work"/debs/sluice_*.deb >"$work/image.tap" || status=$?
  cat "$work"/{package,image}.tap | tee "$work/all.tap"
  python3 tools/report.py tap "$work/all.tap" >"$work/counts"
  return $status
}
