#!/bin/sh
# Makes an installed disk bootable from outside and takes the traces of its build away: the last step of a build.
# Environment: the variables of job.ts, and those of steps.sh; VAPP_STEPS for other steps than all.

# shellcheck source-path=SCRIPTDIR source=steps.sh
. "${0%/*}/steps.sh"

# shellcheck disable=SC2034 # used by steps.sh
steps=${VAPP_STEPS:-"disk map fsck mount bind devicemap network initramfs grub_$VAPP_FIRMWARE mkconfig debconf identity
  clean trim check"}

# --- the disk -------------------------------------------------------------------------------------------------------

# One stripe does what `linear` does, but GRUB looks through `linear` down to the real disk, and then says that the map
# is no disk (grub-core/osdep/devmapper/getroot.c). Stripes are of 8 sectors, so that the length must divide by 8.
do_map() {
  disk=$(kept disk)
  sectors=$(kept sectors)
  dmsetup create "$map" --table "0 $((sectors / 8 * 8)) striped 1 8 $disk 0"
  undo dmsetup remove "$map"
  map_partitions
}

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

# --- the system -----------------------------------------------------------------------------------------------------

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

main
