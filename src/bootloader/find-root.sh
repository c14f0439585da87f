#!/bin/sh
# Finds the root of a system by what is in it, and the /boot that belongs to it; sourced by grub.sh after steps.sh.
# shellcheck disable=SC2154 # the variables of steps.sh

# Drivers that only some disks need: one list each beside the common one.
load_drivers() {
  while read -r module; do
    insmod "/vapp/modules/$module" 2>/dev/null || true
  done < "/vapp/modules/order.$1"
}

# A device as its owner knows it: the partition's number, or VG/LV.
name_of() {
  case $1 in
    "/dev/mapper/$map"*) echo "partition ${1#"/dev/mapper/$map"}" ;;
    *) echo "$1" ;;
  esac
}

# lvm sees each physical volume twice, in the disk and in the map: it must take the map's.
start_lvm() {
  load_drivers lvm
  mkdir -p /etc/lvm
  {
    echo 'devices { use_devicesfile=0 filter=["a|^/dev/mapper/'"$map"'|","r|.*|"] }'
    echo 'activation { udev_sync=0 udev_rules=0 monitoring=0 }'
    echo 'global { locking_type=1 use_lvmpolld=0 }'
  } > /etc/lvm/lvm.conf
  export LVM_SUPPRESS_FD_WARNINGS=1
  lvm vgchange -a y
  undo lvm vgchange -a n
}

# Partitions that are in use, then logical volumes.
list_devices() {
  while read -r number _ _ type; do
    case $type in 0x5 | 0xf | 0x85) continue ;; esac
    echo "/dev/mapper/$map$number"
  done < "$state/partitions"
  for device in /dev/mapper/*; do
    case $device in "/dev/mapper/$map"* | /dev/mapper/control) ;; *) echo "$device" ;; esac
  done
}

# mount_fs DEVICE FOLDER ro|rw [SUBVOLUME]
mount_fs() {
  type=$(tag_of TYPE "$1")
  options=$3
  case $type in
    xfs | btrfs | vfat) load_drivers "$type" ;;
  esac
  # A dirty journal is replayed: into the snapshot.
  [ -z "${4:-}" ] || options=$options,subvol=$4
  mount -t "$type" -o "$options" "$1" "$2"
}

is_system() {
  { [ -e "$1/etc/os-release" ] || [ -L "$1/etc/os-release" ] || [ -e "$1/etc/debian_version" ]; } && [ -d "$1/usr" ]
}

# ELF machine 62 (elf.h: EM_X86_64), little-endian. Links may lead out of the system, so only real files are asked.
is_ours() {
  for program in usr/bin/env usr/bin/dash usr/bin/bash bin/dash bin/bash sbin/init; do
    if [ -f "$1/$program" ] && [ ! -L "$1/$program" ]; then
      [ "$(od -A n -t x1 -j 18 -N 2 "$1/$program" | tr -d ' ')" = 3e00 ]
      return
    fi
  done
}

# Debian's installer puts the system into the subvolume @rootfs, others into @.
subvolumes_of() {
  echo .
  if [ "$(tag_of TYPE "$1")" = btrfs ]; then printf '%s\n' @rootfs @; fi
}

# look_into DEVICE: the lines `DEVICE SUBVOLUME` of the systems in it; a dot is the top.
look_into() {
  case $(tag_of TYPE "$1") in ext2 | ext3 | ext4 | xfs | btrfs) ;; *) return 0 ;; esac
  mkdir -p "$state/look"
  for subvolume in $(subvolumes_of "$1"); do
    mount_fs "$1" "$state/look" ro "${subvolume#.}" || continue
    if is_system "$state/look"; then echo "$1 $subvolume"; fi
    umount "$state/look"
  done
}

# Of --root: the partition's number, or VG/LV, in whose mapped name a dash is doubled.
wanted_root() {
  case $VAPP_ROOT in
    */*) echo "/dev/mapper/$(printf %s "$VAPP_ROOT" | sed -e 's/-/--/g' -e 's|/|-|')" ;;
    *) echo "/dev/mapper/$map$VAPP_ROOT" ;;
  esac
}

describe_devices() {
  for device in $(list_devices); do
    type=$(tag_of TYPE "$device" || true)
    echo "$(name_of "$device"): ${type:-unknown}"
  done
}

do_find() {
  if cut -d ' ' -f 1 "$state/partitions" | while read -r number; do tag_of TYPE "/dev/mapper/$map$number"; done |
    grep -q LVM2_member; then
    start_lvm
  fi
  if [ -n "$VAPP_ROOT" ]; then
    [ -b "$(wanted_root)" ] || fail "There is no partition $VAPP_ROOT."
    look_into "$(wanted_root)" > "$state/roots"
  else
    for device in $(list_devices); do look_into "$device"; done > "$state/roots"
  fi
  describe_devices
  case $(wc -l < "$state/roots") in
    0) fail "There is no Linux system on ${VAPP_ROOT:+partition }${VAPP_ROOT:-the disk}." ;;
    1) ;;
    *) fail "There is more than one Linux system:
$(cut -d ' ' -f 1 "$state/roots" | while read -r device; do name_of "$device"; done)" ;;
  esac
  read -r device subvolume < "$state/roots"
  keep root "$device"
  keep subvolume "${subvolume#.}"
  # Names of logical volumes are the same everywhere; those of partitions are not.
  case $device in
    "/dev/mapper/$map"*) keep root_argument "UUID=$(tag_of UUID "$device")" ;;
    *) keep root_argument "$device" ;;
  esac
  fact root "$(name_of "$device")"
  find_boot
}

# --- /boot ----------------------------------------------------------------------------------------------------------

# device_of SPEC: what an entry of fstab(5) means here; nothing when it is not on this disk.
device_of() {
  for device in $(list_devices); do
    case $1 in
      UUID=* | LABEL=* | PARTUUID=* | PARTLABEL=*) [ "$(tag_of "${1%%=*}" "$device")" = "$(unquoted "${1#*=}")" ] || continue ;;
      /dev/disk/by-uuid/*) [ "$(tag_of UUID "$device")" = "${1##*/}" ] || continue ;;
      /dev/mapper/*) [ "$1" = "$device" ] || continue ;;
      /dev/*/*) [ "$(VAPP_ROOT=${1#/dev/} wanted_root)" = "$device" ] || continue ;;
      /dev/[hsv]d[a-z][0-9]* | /dev/xvd[a-z][0-9]*) [ "$device" = "/dev/mapper/$map${1##*[a-z]}" ] || continue ;;
      *) continue ;;
    esac
    echo "$device"
    return
  done
}

unquoted() { printf %s "$1" | tr -d '"'; }

has_kernel() { ls "$1"/vmlinuz* > /dev/null 2>&1; }

# Of file systems with kernels at their top that are not the root's: a system without fstab has its /boot there.
lone_boot() {
  for device in $(list_devices); do
    [ "$device" != "$(kept root)" ] || continue
    case $(tag_of TYPE "$device") in ext2 | ext3 | ext4 | xfs | btrfs) ;; *) continue ;; esac
    mount_fs "$device" "$state/look" ro || continue
    if has_kernel "$state/look"; then echo "$device"; fi
    umount "$state/look"
  done
}

find_boot() {
  keep boot ''
  mount_fs "$(kept root)" "$state/look" ro "$(kept subvolume)"
  spec=$(awk '$1 !~ /^#/ && $2 == "/boot" { print $1; exit }' "$state/look/etc/fstab" 2>/dev/null || true)
  is_ours "$state/look" || fail "The system on $(name_of "$(kept root)") is for another architecture."
  here=no
  if has_kernel "$state/look/boot"; then here=yes; fi
  umount "$state/look"
  if [ -n "$spec" ]; then
    boot=$(device_of "$spec")
    [ -n "$boot" ] || fail "/etc/fstab has /boot on $spec, which is not on this disk."
    keep boot "$boot"
  elif [ $here = no ]; then
    boot=$(lone_boot)
    [ "$(echo "$boot" | wc -w)" = 1 ] || fail "There is no kernel in /boot of $(name_of "$(kept root)")."
    keep boot "$boot"
  fi
  fact boot "$([ -z "$(kept boot)" ] || name_of "$(kept boot)")"
}
