#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# Runs one guest image on Debian's bochs: run-bochs.sh IMAGE [CPU-MODEL [SECONDS]].
# Prints the guest's lines; status 0 if it passed, or if each of its failures stands in bochs-differs.txt; 2 without a verdict.
set -u
unset MALLOC_PERTURB_ # meson sets it, and bochs 2.7 does not live through it: it reads heap that it never wrote
here=$(cd "$(dirname "$0")" && pwd)
image=$1
model=${2:-corei7_icelake_u}
limit=${3:-60}
guest=$(basename "$image")
guest=${guest%.*}
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cp "$image" "$dir/disk"
truncate -s $((4 * 16 * 63 * 512)) "$dir/disk"
cat > "$dir/rc" <<END
plugin_ctrl: e1000=0, es1370=0, ne2k=0, sb16=0, voodoo=0, usb_uhci=0, unmapped=1
cpu: model=$model, count=1, ips=50000000, reset_on_triple_fault=0, ignore_bad_msrs=0
memory: guest=64, host=64
romimage: file=/usr/share/bochs/BIOS-bochs-latest
vgaromimage: file=/usr/share/bochs/VGABIOS-lgpl-latest
display_library: rfb, options="timeout=0"
ata0-master: type=disk, mode=flat, path="$dir/disk", cylinders=4, heads=16, spt=63
boot: disk
clock: sync=none
port_e9_hack: enabled=1
log: $dir/log
panic: action=fatal
error: action=report
info: action=report
debug: action=ignore
END
echo c > "$dir/go"
timeout "$limit" bochs -q -f "$dir/rc" -rc "$dir/go" > "$dir/out" 2> "$dir/err" < /dev/null
tr -d '\r\000' < "$dir/out" | grep -a -E '^(.*[^[:print:]])?(ok|FAIL|group|note|verdict:) ?' > "$dir/lines"
cat "$dir/lines"
if [ -n "${BOCHS_LOG:-}" ]; then cp "$dir/log" "$BOCHS_LOG"; cp "$dir/out" "$BOCHS_LOG.out"; fi
grep -q '^verdict:' "$dir/lines" || { echo "no verdict"; tail -n 5 "$dir/log"; exit 2; }
grep -q '^verdict: PASS' "$dir/lines" && exit 0
# each FAIL line's name (up to " got=") must be a row "guest<TAB>name<TAB>reason"
cut -f1,2 "$here/bochs-differs.txt" 2>/dev/null | sed -n "s/^$guest	//p" > "$dir/known"
sed -n 's/^FAIL \(.*\) got=.*/\1/p' "$dir/lines" | sed 's,/[0-9a-f]\{8\}$,,' | grep -v -x -F -f "$dir/known" > "$dir/new"
if [ -s "$dir/new" ] || ! grep -q '^FAIL ' "$dir/lines"; then exit 1; fi
echo "all failures are known differences of bochs"
exit 0
