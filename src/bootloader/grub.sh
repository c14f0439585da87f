#!/bin/sh
# Puts GRUB on any disk. All of it goes to a snapshot: what is written lies in a second disk, the store, until the host
# has saved what will be overwritten and says so; then it is merged into the disk. Whatever fails before leaves the disk
# as it was. Environment: the variables of grub-job.ts, and those of steps.sh.

# shellcheck source-path=SCRIPTDIR source=steps.sh
. "${0%/*}/steps.sh"
# shellcheck source-path=SCRIPTDIR source=find-root.sh
. "${0%/*}/find-root.sh"

# shellcheck disable=SC2034 # used by steps.sh
steps=$VAPP_STEPS

# --- the snapshot ---------------------------------------------------------------------------------------------------

do_store() {
  keep store "$(await_disk "$VAPP_STORE_SERIAL")"
}

# What GRUB takes for a disk is a map that is not `linear` (grub-core/osdep/devmapper/getroot.c): a snapshot will do.
do_snapshot() {
  table="0 $(kept sectors) snapshot $(kept disk) $(kept store) P $VAPP_CHUNK"
  dmsetup create "$map" --table "$table"
  undo dmsetup remove "$map"
  map_partitions
}

# Maps and mounts must be gone before the store is merged.
do_release() {
  unwind
  : > "$state/undo"
  sync
}

# `go` comes when the host has saved what will be overwritten.
do_go() {
  read -r answer < "$VAPP_REPORT"
  [ "$answer" = go ] || fail "The host says: $answer"
}

# dmsetup status: sectors allocated/all, and how many of them only describe the rest. Equal: nothing is left to merge.
is_merged() {
  dmsetup status "$map" > "$state/merge"
  awk '{ split($4, used, "/"); exit used[1] != $5 }' "$state/merge"
}

do_merge() {
  dmsetup create "$map" --table "0 $(kept sectors) snapshot-merge $(kept disk) $(kept store) P $VAPP_CHUNK"
  undo dmsetup remove "$map"
  until is_merged; do
    if grep -q -E 'Invalid|Merge failed|Overflow' "$state/merge"; then fail "$(cat "$state/merge")"; fi
    sleep 0.2
  done
  sync
}

# --- file systems ---------------------------------------------------------------------------------------------------

check_ext() {
  status=0
  /usr/sbin/e2fsck -p "$1" || status=$?
  [ $status -le 1 ] || fail "The file system on $(name_of "$1") has errors that e2fsck -p does not correct." # 1: it did
}

do_fsck() {
  for device in $(kept root) $(kept boot); do
    case $(tag_of TYPE "$device") in ext*) check_ext "$device" ;; esac
  done
}

do_mount() {
  mkdir -p "$root"
  mount_fs "$(kept root)" "$root" rw "$(kept subvolume)"
  undo umount "$root"
  keep uuid "$(tag_of UUID "$(kept root)")"
  keep boot_uuid "$(kept uuid)"
  if [ -n "$(kept boot)" ]; then
    mkdir -p "$root/boot"
    mount_fs "$(kept boot)" "$root/boot" rw
    undo umount "$root/boot"
    keep boot_uuid "$(tag_of UUID "$(kept boot)")"
    ln -sf "$(kept boot)" "$(by_uuid "$(kept boot_uuid)")"
  fi
  fact uuid "$(kept uuid)"
  mkdir -p "$root/proc" "$root/sys" "$root/dev" "$root/run"
}

by_uuid() {
  mkdir -p /dev/disk/by-uuid
  echo "/dev/disk/by-uuid/$1"
}

# --- GRUB -----------------------------------------------------------------------------------------------------------

# The folder is filled anew, so that it holds the modules of one GRUB alone.
do_grub_bios() {
  rm -rf "$root/boot/grub/i386-pc"
  grub-install --target=i386-pc --boot-directory="$root/boot" --no-floppy "/dev/mapper/$map"
  fact core_img "$(wc -c < "$root/boot/grub/i386-pc/core.img")"
}

# Debian's signed GRUB reads /EFI/debian/grub.cfg of the disk that it was started from; shim starts it from its own folder.
# fbx64.efi is not for EFI/BOOT: there it makes shim write entries into the firmware's memory.
put_signed() {
  efi=$root/boot/efi/EFI
  shim=/usr/lib/shim
  mkdir -p "$efi/BOOT" "$efi/debian"
  cp "$shim/shimx64.efi.signed" "$efi/BOOT/BOOTX64.EFI"
  cp "$shim/shimx64.efi.signed" "$efi/debian/shimx64.efi"
  cp "$shim/fbx64.efi.signed" "$efi/debian/fbx64.efi"
  cp "$shim/BOOTX64.CSV" "$efi/debian/BOOTX64.CSV"
  for folder in BOOT debian; do
    cp /usr/lib/grub/x86_64-efi-signed/grubx64.efi.signed "$efi/$folder/grubx64.efi"
    cp "$shim/mmx64.efi.signed" "$efi/$folder/mmx64.efi"
    printf '%s\n' "search.fs_uuid $(kept boot_uuid) root" "set prefix=(\$root)'$(boot_path)/grub'" \
      "configfile \$prefix/grub.cfg" > "$efi/$folder/grub.cfg"
  done
}

# /boot as GRUB sees it in its file system.
boot_path() {
  sub=$(kept subvolume)
  if [ -n "$(kept boot)" ]; then return 0; fi
  echo "${sub:+/$sub}/boot"
}

do_grub_uefi() {
  load_drivers vfat
  mkdir -p "$root/boot/efi"
  mount -t vfat "/dev/mapper/$map$VAPP_ESP" "$root/boot/efi"
  undo umount "$root/boot/efi"
  rm -rf "$root/boot/grub/x86_64-efi"
  # Not the signed route: it would look for shim in this guest.
  grub-install --target=x86_64-efi --boot-directory="$root/boot" --efi-directory="$root/boot/efi" \
    --bootloader-id=debian --removable --no-nvram --no-uefi-secure-boot
  put_signed
  sync
}

own_menu_maker() {
  for program in update-grub grub-mkconfig; do
    if [ -x "$root/usr/sbin/$program" ] && [ -e "$root/etc/grub.d/10_linux" ]; then
      echo "$program"
      return
    fi
  done
}

write_menu() {
  sub=$(kept subvolume)
  sh "${0%/*}/menu.sh" "$root" "$(kept boot_uuid)" "$(boot_path)" "$(kept root_argument)" \
    "${sub:+rootflags=subvol=$sub}" > "$state/grub.cfg"
  cp "$state/grub.cfg" "$root/boot/grub/grub.cfg"
}

do_menu() {
  maker=
  [ "$VAPP_UPDATE_GRUB" = never ] || maker=$(own_menu_maker)
  case $maker in
    update-grub) in_target update-grub ;;
    grub-mkconfig) in_target grub-mkconfig -o /boot/grub/grub.cfg ;;
    *)
      if [ "$VAPP_UPDATE_GRUB" = never ] && [ -s "$root/boot/grub/grub.cfg" ]; then
        maker=kept
      else
        write_menu
        maker=vapp
      fi
      ;;
  esac
  fact menu "$maker"
}

# grub-mkconfig is content with a root that only this guest knows, and the result would not boot.
do_menu_check() {
  sed -n 's/^[[:space:]]*linux[a-z0-9]*[[:space:]]\{1,\}//p' "$root/boot/grub/grub.cfg" > "$state/linux"
  [ -s "$state/linux" ] || fail "grub.cfg boots no kernel."
  if grep "root=/dev/mapper/$map" "$state/linux"; then fail "grub.cfg has a root that only this guest knows."; fi
  fact linux "$(head -n 1 "$state/linux")"
}

main
