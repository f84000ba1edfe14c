# shellcheck shell=bash
# SPDX-License-Identifier: Apache-2.0
# A Debian 12 of its own to install into. Sourced by the tests of this folder.

# The machine's own sources of Debian 12, whatever they are.
debian_sources() {
  grep -lE '^Suites: *bookworm( |$)|^deb( \[.*\])? \S+ bookworm ' /etc/apt/sources.list /etc/apt/sources.list.d/*.{list,sources} 2>/dev/null
}

# base_for PACKAGE: prints the path of a tar of a minimal system with what the package depends on, and what
# the build stage of the image runs. It is made once a week.
base_for() {
  local sources key folder=${XDG_CACHE_HOME:-$HOME/.cache}/sluice/roots packages
  mapfile -t sources < <(debian_sources)
  [ "${#sources[@]}" -gt 0 ] || return 1
  packages=$(dpkg-deb -f "$1" Depends | sed -E 's/ *(\||\()[^,]*//g; s/ //g'),binutils,ca-certificates
  key=$(cat "${sources[@]}" - "${BASH_SOURCE[0]}" <<<"$packages $(date +%G%V)" | sha256sum | cut -c1-16)
  mkdir -p "$folder"
  if [ ! -e "$folder/$key.tar" ]; then
    find "$folder" -name '*.tar' -mtime +14 -delete
    mmdebstrap --quiet --variant=apt --include="$packages" --dpkgopt='path-exclude=/usr/share/doc/*/*' \
      --dpkgopt='path-include=/usr/share/doc/*/copyright' --dpkgopt='path-exclude=/usr/share/locale/*' \
      --format=tar bookworm "$folder/$key.new" "${sources[@]}" >&2 || return 1
    mv "$folder/$key.new" "$folder/$key.tar"
  fi
  echo "$folder/$key.tar"
}
