#!/bin/sh
# Makes an installed disk bootable from outside and takes the traces of its build away.
# Every step is a function do_STEP; the steps run in the order of $steps, each in a subshell with `set -e`.
# What a step sets up, it tells `undo`; all of it is undone, last first, whatever happens.
# POSIX shell and busybox's applets; needs no udev. Environment: the variables of job.ts; VAPP_REPORT, the report's port;
# VAPP_MARK, what
# each of its lines begins with; and where it does not run in a guest of its own, VAPP_MAP, VAPP_TARGET, VAPP_STATE: a free name for the map, a mount
# point, a folder; VAPP_STEPS for other steps than all.

steps=${VAPP_STEPS:-"disk map fsck mount bind devicemap network initramfs grub_$VAPP_FIRMWARE mkconfig debconf identity
  clean trim check"}

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
    if [ -z "$VAPP_DISK_SERIAL" ] || [ "$(serial_of "$device")" = "$VAPP_DISK_SERIAL" ]; then
      echo "/dev/${device##*/}"
      return
    fi
  done
}

# Drivers look for disks in the background: wait up to 5 s.
do_disk() {
  disk=
  tries=0
  while [ -z "$disk" ] && [ $tries -lt 50 ]; do
    [ $tries = 0 ] || sleep 0.1
    disk=$(find_disk)
    tries=$((tries + 1))
  done
  [ -b "$disk" ] || fail "There is no disk${VAPP_DISK_SERIAL:+ with the serial number $VAPP_DISK_SERIAL}."
  keep disk "$disk"
  keep sectors "$(cat "/sys/class/block/${disk#/dev/}/size")"
  fact kernel "$(uname -r)"
}

# One stripe does what `linear` does, but GRUB looks through `linear` down to the real disk, and then says that the map
# is no disk (grub-core/osdep/devmapper/getroot.c). Stripes are of 8 sectors, so that the length must divide by 8.
do_map() {
  disk=$(kept disk)
  sectors=$(kept sectors)
  dmsetup create "$map" --table "0 $((sectors / 8 * 8)) striped 1 8 $disk 0"
  undo dmsetup remove "$map"
  partx -g -o NR,START,SECTORS,TYPE "/dev/mapper/$map" > "$state/partitions" ||
    fail "The disk has no partition table."
  while read -r number start length type; do
    case $type in 0x5 | 0xf | 0x85) continue ;; esac # an extended partition only holds others
    dmsetup create "$map$number" --table "0 $length linear /dev/mapper/$map $start" < /dev/null
    undo dmsetup remove "$map$number"
  done < "$state/partitions"
  cat "$state/partitions"
}

tag_of() { /usr/sbin/blkid -c /dev/null -s "$1" -o value "$2"; }

find_root() {
  if [ -n "$VAPP_ROOT" ]; then
    echo "/dev/mapper/$map$VAPP_ROOT"
    return
  fi
  while read -r number _; do
    if [ "$(tag_of TYPE "/dev/mapper/$map$number" < /dev/null)" = ext4 ]; then echo "/dev/mapper/$map$number"; fi
  done < "$state/partitions"
}

do_fsck() {
  device=$(find_root)
  [ "$(echo "$device" | wc -w)" = 1 ] || fail "Not one ext4 partition, but: ${device:-none}"
  [ -b "$device" ] || fail "There is no partition $VAPP_ROOT."
  keep root "$device"
  status=0
  /usr/sbin/e2fsck -p "$device" || status=$?
  [ $status -le 1 ] # 1: errors were corrected
}

do_mount() {
  device=$(kept root)
  uuid=$(tag_of UUID "$device")
  mkdir -p "$root"
  mount -t ext4 "$device" "$root"
  undo umount "$root"
  [ -e "$root/etc/debian_version" ] || fail "There is no system on $device."
  keep uuid "$uuid"
  fact uuid "$uuid"
  fact release "$(cat "$root/etc/debian_version")"
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
  mkdir -p "$root/boot/grub"
  echo "(hd0) /dev/mapper/$map" > "$root/boot/grub/device.map"
  undo rm -f "$root/boot/grub/device.map"
}

# --- the system -----------------------------------------------------------------------------------------------------

in_target() {
  chroot "$root" /usr/bin/env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/root TERM=dumb LC_ALL=C.UTF-8 \
    DEBIAN_FRONTEND=noninteractive "$@"
}

# Names of network cards follow from their slots, so that a clone's card may be called otherwise than the installer's,
# whose name the kernel's log has. Patterns (interfaces(5)) hold everywhere.
do_network() {
  : > "$state/names"
  if [ -e "$root/var/log/installer/syslog" ]; then
    sed -n 's/.*[[:space:]]\([^[:space:]]*\): renamed from .*/\1/p' "$root/var/log/installer/syslog" |
      sort -u > "$state/names"
  fi
  fact interface "$(cat "$state/names")"
  cat "$root"/etc/network/interfaces "$root"/etc/network/interfaces.d/* 2>/dev/null > "$state/interfaces" || true
  bound=$(awk '/^(auto|allow-)/ { for (i = 2; i <= NF; i++) if ($i != "lo" && $i !~ /^\//) print $i }' "$state/interfaces")
  [ -z "$bound" ] || fail "/etc/network/interfaces is bound to a network card of the build: $bound"
}

# The installer's calls were diverted; the initramfs is made once, here.
do_initramfs() {
  if [ -e "$root/usr/sbin/update-initramfs.vapp" ]; then
    rm -f "$root/usr/sbin/update-initramfs"
    in_target dpkg-divert --local --rename --remove /usr/sbin/update-initramfs
  fi
  for kernel in "$root"/boot/vmlinuz-*; do
    version=${kernel##*/vmlinuz-}
    [ -d "$root/usr/lib/modules/$version" ] || fail "There is no kernel with its modules: $kernel"
    rm -f "$root/boot/initrd.img-$version"
    in_target update-initramfs -c -k "$version"
    fact initramfs "$(wc -c < "$root/boot/initrd.img-$version")"
  done
}

do_grub_bios() {
  grub-install --target=i386-pc --boot-directory="$root/boot" --no-floppy "/dev/mapper/$map"
  fact core_img "$(wc -c < "$root/boot/grub/i386-pc/core.img")"
}

# grub-mkconfig is content with a root that only this guest knows, and the result would not boot.
do_mkconfig() {
  in_target update-grub
  sed -n 's/^[[:space:]]*linux[[:space:]]*//p' "$root/boot/grub/grub.cfg" > "$state/linux"
  [ -s "$state/linux" ] || fail "grub.cfg boots no kernel."
  if grep -v "root=UUID=$(kept uuid) " "$state/linux"; then fail "grub.cfg has a root that is not the one by UUID."; fi
  fact linux "$(head -n 1 "$state/linux")"
}

# With a device in the answer, an upgrade of the package would look for it in each clone, and ask.
do_debconf() {
  [ -e "$root/var/lib/dpkg/info/grub-pc.list" ] || return 0
  printf '%s\n' 'grub-pc grub-pc/install_devices multiselect ' 'grub-pc grub-pc/install_devices_empty boolean true' \
    > "$root/run/answers"
  in_target debconf-set-selections /run/answers
}

# --- identity and traces --------------------------------------------------------------------------------------------

# The word makes the next boot a first boot, an empty file does not (machine-id(5)): sshd-keygen.service needs one.
do_identity() {
  echo uninitialized > "$root/etc/machine-id"
  rm -f "$root/var/lib/dbus/machine-id"
  rm -f "$root"/etc/ssh/ssh_host_*_key "$root"/etc/ssh/ssh_host_*_key.pub
  rm -f "$root/var/lib/systemd/random-seed" "$root/var/lib/systemd/credential.secret"
  rm -f "$root"/etc/udev/rules.d/70-persistent-*.rules
  rm -rf "$root"/var/lib/dhcpcd/* "$root"/var/lib/dhcp/*.leases "$root/etc/dhcpcd.duid" "$root/etc/dhcpcd.secret"
}

do_clean() {
  rm -f "$root"/var/cache/apt/*.bin "$root"/var/cache/apt/archives/*.deb
  find "$root/var/lib/apt/lists" -type f -exec rm -f {} +
  rm -rf "$root/var/log/installer" "$root"/var/log/journal/*
  find "$root/var/log" -type f -exec truncate -s 0 {} +
  find "$root/tmp" "$root/var/tmp" -mindepth 1 -maxdepth 1 -exec rm -rf {} +
  rm -f "$root/root/.bash_history"
  # The installer's name server; what asks for an address writes the file anew. A link is some daemon's business.
  if [ -f "$root/etc/resolv.conf" ] && [ ! -L "$root/etc/resolv.conf" ]; then : > "$root/etc/resolv.conf"; fi
}

do_trim() {
  sync
  # Not every storage can give space back.
  fstrim -v "$root" || echo "The disk takes no trim."
}

# --- proof ----------------------------------------------------------------------------------------------------------

no_diversions() {
  if grep '\.vapp$' "$root/var/lib/dpkg/diversions"; then fail "A diversion of the installation is still there."; fi
  if find "$root/usr/bin" "$root/usr/sbin" -maxdepth 1 -name '*.vapp' | grep .; then
    fail "A diverted file is still there."
  fi
}

# One pattern that matches nothing stands for none: an empty list would match each line or no line, as greps differ.
list_traces() { printf '%s\n' "${VAPP_TRACES:-$state/none}"; }

# As words, so that ens3 is not found in "licens3". The caches of debconf keep answers of the installer.
no_traces() {
  {
    list_traces
    cat "$state/names"
  } > "$state/words"
  if grep -r -n -w -F -f "$state/words" "$root/etc" "$root/boot/grub/grub.cfg" "$root/var/cache/debconf"; then
    fail "The lines above hold traces of the build."
  fi
}

do_check() {
  no_diversions
  no_traces
  [ -s "$root/boot/grub/grub.cfg" ]
  [ -s "$root/boot/grub/i386-pc/core.img" ]
  [ "$(cat "$root/etc/machine-id")" = uninitialized ]
  if ls "$root"/etc/ssh/ssh_host_* 2>/dev/null; then fail "There are ssh host keys."; fi
}

# --- run ------------------------------------------------------------------------------------------------------------

main() {
  mkdir -p "$state"
  : > "$state/undo"
  exec 3> "${VAPP_REPORT:-/dev/stdout}"
  result=0
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

main
