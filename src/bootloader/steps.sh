#!/bin/sh
# What the finisher guest's programs have in common; sourced by finish.sh and grub.sh.
# Every step is a function do_STEP; the steps run in the order of $steps, each in a subshell with `set -e`.
# What a step sets up, it tells `undo`; all of it is undone, last first, whatever happens.
# POSIX shell and busybox's applets; needs no udev. Environment: VAPP_REPORT, the report's port; VAPP_MARK, what each of
# its lines begins with; and where it does not run in a guest of its own, VAPP_MAP, VAPP_TARGET, VAPP_STATE: a free name
# for the map, a mount point, a folder.

map=${VAPP_MAP:-hda}
root=${VAPP_TARGET:-/target}
state=${VAPP_STATE:-/run/vapp}
log=$state/log

# --- report ---------------------------------------------------------------------------------------------------------

# One write per line, so that nothing can come in between.
report() { printf '%sVAPP1 %s\n' "${VAPP_MARK:-}" "$1" >&3; }

milliseconds() { awk '{ printf "%d", $1 * 1000 }' /proc/uptime; }

# Makes standard input the inside of a JSON string.
json_escape() {
  tr -d '\000-\010\013-\037\177' | sed -e 's/[\\"]/\\&/g' -e 's/\t/\\t/g' |
    awk '{ printf "%s%s", (NR > 1 ? "\\n" : ""), $0 }'
}

# fact NAME TEXT: something that the host wants to know.
fact() {
  printf '%s"%s":"%s"' "$([ ! -s "$state/facts" ] || echo ,)" "$1" "$(printf %s "$2" | json_escape)" >> "$state/facts"
}

# --- state between steps --------------------------------------------------------------------------------------------

keep() { printf '%s' "$2" > "$state/var.$1"; }
kept() { cat "$state/var.$1"; }

undo() { printf '%s\n' "$*" >> "$state/undo"; }

fail() {
  printf '%s\n' "$*" >&2
  exit 1
}

run_step() {
  begun=$(milliseconds)
  : > "$state/facts"
  report "{\"t\":\"begin\",\"step\":\"$1\"}"
  # No `||` and no `if` around the subshell: they would switch `set -e` off inside.
  (
    set -e
    "do_$1"
  ) > "$log" 2>&1 < /dev/null 3>&-
  status=$?
  echo "== $1: $status"
  cat "$log"
  took=$(($(milliseconds) - begun))
  if [ $status = 0 ]; then
    report "{\"t\":\"done\",\"step\":\"$1\",\"ms\":$took,\"facts\":{$(cat "$state/facts")}}"
  else
    report "{\"t\":\"fail\",\"step\":\"$1\",\"ms\":$took,\"log\":\"$(tail -c 3000 "$log" | json_escape)\"}"
  fi
  return $status
}

# Goes on after a failure, to undo as much as can be.
unwind() {
  unwound=0
  tac "$state/undo" > "$state/undo.reversed"
  while IFS= read -r command; do
    echo "undo: $command"
    sh -c "$command" < /dev/null 3>&- || unwound=1
  done < "$state/undo.reversed"
  return $unwound
}

left_behind() {
  dmsetup ls 2>/dev/null | grep -v '^No devices found'
  grep " $root" /proc/mounts
}

# --- the disk -------------------------------------------------------------------------------------------------------

# The serial number of a block device: virtio-blk shows it as an attribute, SCSI in a page of vital product data.
serial_of() {
  if [ -e "$1/serial" ]; then
    cat "$1/serial"
  elif [ -e "$1/device/vpd_pg80" ]; then
    tail -c +5 "$1/device/vpd_pg80" | tr -d '\000 '
  fi
}

# Xen's disks have no serial number: without one asked for, the only disk. Loops and RAM disks have no `device`.
find_disk() {
  for device in /sys/block/*; do
    [ -e "$device/device" ] || continue
    if [ -z "$1" ] || [ "$(serial_of "$device")" = "$1" ]; then
      echo "/dev/${device##*/}"
      return
    fi
  done
}

# Drivers look for disks in the background: wait up to 5 s.
await_disk() {
  found=
  tries=0
  while [ -z "$found" ] && [ $tries -lt 50 ]; do
    [ $tries = 0 ] || sleep 0.1
    found=$(find_disk "$1")
    tries=$((tries + 1))
  done
  [ -b "$found" ] || fail "There is no disk${1:+ with the serial number $1}."
  echo "$found"
}

do_disk() {
  disk=$(await_disk "$VAPP_DISK_SERIAL")
  keep disk "$disk"
  keep sectors "$(cat "/sys/class/block/${disk#/dev/}/size")"
  fact kernel "$(uname -r)"
}

tag_of() { /usr/sbin/blkid -c /dev/null -s "$1" -o value "$2"; }

# Maps the partitions of $map as $map1, $map2, …
map_partitions() {
  partx -g -o NR,START,SECTORS,TYPE "/dev/mapper/$map" > "$state/partitions" ||
    fail "The disk has no partition table."
  while read -r number start length type; do
    case $type in 0x5 | 0xf | 0x85) continue ;; esac # an extended partition only holds others
    dmsetup create "$map$number" --table "0 $length linear /dev/mapper/$map $start" < /dev/null
    undo dmsetup remove "$map$number"
  done < "$state/partitions"
  cat "$state/partitions"
}

# The link is what udev would make. grub-mkconfig says root=UUID=… only if it is there (util/grub.d/10_linux.in).
do_bind() {
  mount -t proc proc "$root/proc"
  undo umount "$root/proc"
  mount -t sysfs -o ro sysfs "$root/sys"
  undo umount "$root/sys"
  mount -o bind /dev "$root/dev"
  undo umount "$root/dev"
  mount -t tmpfs tmpfs "$root/run"
  undo umount "$root/run"
  mkdir -p /dev/disk/by-uuid
  ln -sf "$(kept root)" "/dev/disk/by-uuid/$(kept uuid)"
}

# True here and a lie in the result, so that it goes again.
do_devicemap() {
  file=$root/boot/grub/device.map
  mkdir -p "$root/boot/grub"
  if [ -e "$file" ]; then
    cp -p "$file" "$state/device.map"
    undo cp -p "$state/device.map" "$file"
  else
    undo rm -f "$file"
  fi
  echo "(hd0) /dev/mapper/$map" > "$file"
}

in_target() {
  chroot "$root" /usr/bin/env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/root TERM=dumb LC_ALL=C.UTF-8 \
    DEBIAN_FRONTEND=noninteractive "$@"
}

# --- run ------------------------------------------------------------------------------------------------------------

main() {
  mkdir -p "$state"
  : > "$state/undo"
  exec 3> "${VAPP_REPORT:-/dev/stdout}"
  result=0
  # shellcheck disable=SC2154 # who sources this file says which
  for step in $steps; do
    run_step "$step"
    # shellcheck disable=SC2181 # a condition would switch `set -e` off in the step
    [ $? = 0 ] || result=1
    [ $result = 0 ] || break
  done
  if ! unwind > "$log" 2>&1; then
    result=2
    report "{\"t\":\"fail\",\"step\":\"unwind\",\"log\":\"$(tail -c 3000 "$log" | json_escape)\"}"
  fi
  cat "$log"
  sync
  report "{\"t\":\"end\",\"status\":$result,\"left\":\"$(left_behind | json_escape)\"}"
  return $result
}
