#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# deb.sh PACKAGE: looks at it, installs it into a Debian 12 of its own, runs it there as its user, upgrades it to a
# newer one with sockets open, and purges it. Prints TAP. Needs root, and Debian's mirrors once a week.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
# shellcheck source=tests/package/tap.sh
source "$here/tap.sh"
# shellcheck source=tests/package/root.sh
source "$here/root.sh"
package=$1
folder=$(mktemp -d)
root=$folder/root

cleanup() {
  [ -z "${gateway:-}" ] || kill -KILL "$gateway" 2>/dev/null || true
  [ -z "${holder:-}" ] || kill -KILL "$holder" 2>/dev/null || true
  if mountpoint -q "$root/proc"; then umount "$root/proc"; fi
  rm -rf "$folder"
}
trap cleanup EXIT

# --- The package as a file ----------------------------------------------------------------------------

mkdir "$folder/files"
dpkg-deb -x "$package" "$folder/files"
listing=$(cd "$folder/files" && find . -type f | sed 's/^\.//' | sort)

holds() {
  local file
  for file in "$@"; do
    grep -qxF "$file" <<<"$listing" || { echo "$file is not in it" && return 1; }
  done
}
check 'lintian finds nothing' lintian --fail-on error,warning --allow-root "$package"
check 'both programs, the unit, the options, manual pages and completions are in it' holds \
  /usr/bin/sluice /usr/bin/sluicectl /lib/systemd/system/sluice.service /etc/sluice/sluice.yaml \
  /usr/share/man/man8/sluice.8.gz /usr/share/man/man1/sluicectl.1.gz \
  /usr/share/bash-completion/completions/sluicectl /usr/share/zsh/vendor-completions/_sluicectl \
  /usr/share/fish/vendor_completions.d/sluicectl.fish /etc/needrestart/conf.d/sluice.conf \
  /usr/share/doc/sluice/install.md /usr/share/doc/sluice/copyright
no_restart() {
  dpkg-deb -e "$package" "$folder/control"
  # `set -e` does not see a command behind a `!`.
  if grep -rnE --exclude={conffiles,md5sums} 'restart|try-reload' "$folder/control"; then return 1; fi
  # Stopped when it is removed, and only then.
  grep -q '"$1" = remove' "$folder/control/prerm"
}
check 'no script of it restarts anything, and only a removal stops' no_restart
# As needrestart reads such a file.
check 'needrestart leaves it alone' perl -e 'our %nrconf; eval do { local(@ARGV, $/) = $ARGV[0]; <> }; die $@ if $@;
  my ($rule) = grep { "sluice.service" =~ $_ } keys %{$nrconf{override_rc}};
  die "no rule\n" unless defined $rule; exit($nrconf{override_rc}{$rule})' \
  "$folder/files/etc/needrestart/conf.d/sluice.conf"

# --- The unit -----------------------------------------------------------------------------------------

unit=$folder/files/lib/systemd/system/sluice.service
if command -v systemd-analyze >/dev/null; then
  check 'the unit is exposed to little (at most 1.9 of 10)' \
    systemd-analyze security --offline=yes --threshold=19 --no-pager "$unit"
else
  skipped 'the unit is exposed to little' 'no systemd-analyze here'
fi
# systemd is not process 1 here, so the sandbox cannot be entered; what the gateway does is held against it.
traced_life() {
  local ports=(--listen=127.0.0.1:0 --control=127.0.0.1:0 --admin=127.0.0.1:0) tracer traced client
  strace -f -qq -o "$folder/trace" "$folder/files/usr/bin/sluice" "${ports[@]}" --address-file="$folder/addresses" \
    --reload-status-file="$folder/reload" 2>"$folder/traced.log" &
  tracer=$!
  wait_for 'the addresses' test -s "$folder/addresses"
  traced=$(sed -n 's/^pid: //p' "$folder/reload")
  python3 "$here/sockets.py" "$(address "$folder/addresses" listen)" 1 "$folder/one" &
  client=$!
  wait_for 'a socket' test -s "$folder/one"
  page "$(address "$folder/addresses" admin)" /metrics >/dev/null
  "$folder/files/usr/bin/sluice" --reload-status-file="$folder/reload" --reload="$traced"
  kill -TERM "$client" "$traced"
  wait "$tracer"
}
if ! command -v systemd-analyze >/dev/null; then
  skipped 'what it does is what the unit allows' 'no systemd-analyze here'
elif ! strace -qq -o /dev/null true 2>/dev/null; then
  skipped 'what it does is what the unit allows' 'nothing may be traced here'
else
  check 'a life of the gateway is traced' traced_life
  check 'what it does is what the unit allows' "$here/sandbox.py" "$unit" "$folder/trace"
fi

# --- Installed ----------------------------------------------------------------------------------------

if [ "$(id -u)" -ne 0 ]; then
  skipped 'installed, run, upgraded and purged' 'a root of its own needs root'
  finish
  exit
elif ! base=$(base_for "$package"); then
  [ -z "${CI:-}" ] || exit 1
  skipped 'installed, run, upgraded and purged' "no Debian 12 could be had from this machine's mirrors"
  finish
  exit
fi
mkdir "$root"
tar -xf "$base" -C "$root" --exclude='./dev/*'
mknod -m 666 "$root/dev/null" c 1 3
mount -t proc proc "$root/proc"
(cd "$root" && find . -xdev -not -path './proc/*' | sort) >"$folder/before"

inside() { chroot "$root" env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin DEBIAN_FRONTEND=noninteractive "$@"; }
into() { cp "$1" "$root/tmp/sluice.deb" && inside apt-get -qq install -y /tmp/sluice.deb && rm "$root/tmp/sluice.deb"; }

check 'it installs' into "$package"
check 'its user is there, and may not log in' inside sh -c 'getent passwd sluice | grep -q nologin'
check 'the service is enabled' test -L "$root/etc/systemd/system/multi-user.target.wants/sluice.service"
check 'its unit is well formed' inside systemd-analyze verify --man=no /lib/systemd/system/sluice.service
check 'its options pass as they are' inside sluice --config=/etc/sluice/sluice.yaml --check-config
check 'sluicectl runs' inside sluicectl --version

mkdir "$root/run/sluice"
inside chown sluice: /run/sluice
flags=(--listen=127.0.0.1:0 --control=127.0.0.1:0 --admin=127.0.0.1:0 --address-file=/run/sluice/addresses)
status=--reload-status-file=/run/sluice/reload
# Without rights, as the unit has it.
chroot "$root" setpriv --reuid=sluice --regid=sluice --clear-groups --no-new-privs --bounding-set=-all --inh-caps=-all \
  /usr/bin/sluice --config=/etc/sluice/sluice.yaml "${flags[@]}" $status \
  2>"$folder/log" &
gateway=$!
check 'its user can run it' wait_for 'the addresses' test -s "$root/run/sluice/addresses"
ready() { page "$(address "$root/run/sluice/addresses" admin)" /readyz; }
check 'it is ready' ready
python3 "$here/sockets.py" "$(address "$root/run/sluice/addresses" listen)" 100 "$folder/open" &
holder=$!
check '100 sockets are open' wait_for 'the sockets' test -s "$folder/open"
reloaded() { chroot --userspec=sluice:sluice "$root" /usr/bin/sluice --config=/etc/sluice/sluice.yaml $status "--reload=$gateway"; }
check 'what the unit reloads with gets a verdict' reloaded

# --- Upgraded -----------------------------------------------------------------------------------------

# The same with a later version.
dpkg-deb -R "$package" "$folder/newer"
sed -i 's/^Version: .*/&+1/' "$folder/newer/DEBIAN/control"
newer=$folder/newer.deb
dpkg-deb --build --root-owner-group "$folder/newer" "$newer" >/dev/null
changed='log-level: warn'
echo "$changed" >>"$root/etc/sluice/sluice.yaml"
check 'it is upgraded while they are' into "$newer"
upgraded() {
  [ "$(inside dpkg-query -W -f='${Version}' sluice)" = "$(dpkg-deb -f "$newer" Version)" ]
  grep -qxF "$changed" "$root/etc/sluice/sluice.yaml"
}
check 'it is another one, with what was written into its options' upgraded
same_process() {
  kill -0 "$gateway"
  # The program of before, which nobody else can start any more.
  readlink "/proc/$gateway/exe" | grep -q '(deleted)$'
  ready
  kill -TERM "$holder"
}
check 'the process is the one of before' same_process
status_of_holder=0
wait "$holder" || status_of_holder=$?
holder=
check 'no socket was touched' test "$status_of_holder" -eq 0

kill -TERM "$gateway"
status_of_gateway=0
wait "$gateway" || status_of_gateway=$?
gateway=
check 'SIGTERM ends it with 0' test "$status_of_gateway" -eq 0

# --- Purged -------------------------------------------------------------------------------------------

rm -r "$root/run/sluice"
check 'it is removed, and its options stay' inside sh -c 'dpkg -r sluice && test -e /etc/sluice/sluice.yaml && ! test -e /usr/bin/sluice'
check 'it is purged' inside dpkg -P sluice
nothing_left() {
  (cd "$root" && find . -xdev -not -path './proc/*' | sort) >"$folder/after"
  # The user stays, as is Debian's way: a number is never given to somebody else.
  local left
  left=$(comm -13 "$folder/before" "$folder/after" | grep -vE '^\./(var/(log|cache|lib/(apt|dpkg|systemd))|run/systemd|etc/(passwd|group|g?shadow)-|etc/\.pwd\.lock)' || true)
  [ -z "$left" ] || { echo "$left" && return 1; }
}
check 'nothing of it is left' nothing_left
finish
