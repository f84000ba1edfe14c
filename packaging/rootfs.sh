#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# rootfs.sh FOLDER SLUICE SLUICECTL: what an image holds and nothing else: both programs, the shared
# libraries that they load with their licences, certificates of authorities, and a user. No shell,
# no package manager.
set -euo pipefail
root=$1 gateway=$2 ctl=$3

install -d "$root"/usr/bin "$root"/etc/ssl/certs "$root"/proc "$root"/sys "$root"/dev "$root"/run "$root"/usr/lib "$root"/usr/lib64
install -d -m 1777 "$root/tmp"
# As Debian has it: /lib is /usr/lib.
ln -s usr/lib "$root/lib"
ln -s usr/lib64 "$root/lib64"
ln -s usr/bin "$root/bin"

strip -o "$root/usr/bin/sluice" "$gateway"
strip -o "$root/usr/bin/sluicectl" "$ctl"
chmod 755 "$root"/usr/bin/*

# Each library under the name by which it is asked for, as a file of its own.
libraries=$(ldd "$gateway" "$ctl" | sed -nE 's/.*(=> |^\s)(\/\S+) \(0x.*/\2/p' | sort -u)
[ -n "$libraries" ] || { echo "rootfs.sh: ldd names no library of $gateway" >&2; exit 1; }
for library in $libraries; do
  real=$(realpath "$library")
  install -D -m 755 "$real" "$root$(realpath -s "$library")"
  for package in $(dpkg-query -S "$real" "/lib/${real#/usr/lib/}" 2>/dev/null | cut -d: -f1 | sort -u); do
    install -D -m 644 "/usr/share/doc/$package/copyright" "$root/usr/share/doc/$package/copyright"
  done
done

install -m 644 /etc/ssl/certs/ca-certificates.crt "$root/etc/ssl/certs/ca-certificates.crt"
printf 'root:x:0:0:root:/:/sbin/nologin\nnonroot:x:65532:65532:nonroot:/:/sbin/nologin\n' >"$root/etc/passwd"
printf 'root:x:0:\nnonroot:x:65532:\n' >"$root/etc/group"
printf 'hosts: files dns\npasswd: files\ngroup: files\n' >"$root/etc/nsswitch.conf"
