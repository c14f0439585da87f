#!/bin/sh
# menu.sh ROOT UUID PREFIX ARGUMENT [FLAGS]: prints a grub.cfg for the kernels of a system, without running anything of it.
# ROOT: where the system is mounted, with its /boot. UUID: of the file system that holds /boot; PREFIX: /boot's path in
# it. ARGUMENT: the value of the kernel's root=. FLAGS: more arguments. POSIX shell; all that comes out of the system is
# cut down to characters that mean nothing to GRUB.

root=$1 uuid=$2 prefix=$3 argument=$4 flags=${5:-}

plain='A-Za-z0-9._+~-'

# The value of a setting of /etc/default/grub, if it is a plain text: the file is a shell script, and is not run.
setting() {
  sed -n "s/^$1=\"\{0,1\}\([A-Za-z0-9 _.,=:/@+-]*\)\"\{0,1\}$/\1/p" "$root/etc/default/grub" 2>/dev/null | tail -n 1
}

title() {
  name=$(sed -n 's/^PRETTY_NAME="\{0,1\}\([^"]*\)"\{0,1\}$/\1/p' "$root/etc/os-release" 2>/dev/null | tr -cd 'A-Za-z0-9 ._()/-')
  echo "${name:-Linux}"
}

# Newest first.
kernels() {
  for path in "$root"/boot/vmlinuz-* "$root"/boot/vmlinux-*; do
    name=${path##*/}
    if [ -f "$path" ] && [ "$name" = "$(printf %s "$name" | tr -cd "$plain")" ]; then echo "$name"; fi
  done | sort -V -r
}

initrd_of() {
  for name in "initrd.img-$1" "initrd-$1" "initramfs-$1.img" "initramfs-$1"; do
    if [ -f "$root/boot/$name" ]; then
      echo "$name"
      return
    fi
  done
}

entry() {
  version=${1#vmlinu?-}
  initrd=$(initrd_of "$version")
  words="ro $flags $(setting GRUB_CMDLINE_LINUX) $(setting GRUB_CMDLINE_LINUX_DEFAULT)"
  echo
  echo "menuentry '$(title), with Linux $version' {"
  echo "	search --no-floppy --fs-uuid --set=root $uuid"
  # shellcheck disable=SC2086 # blanks between words are squeezed
  echo "	linux $prefix/$1 root=$argument" $words
  [ -z "$initrd" ] || echo "	initrd $prefix/$initrd"
  echo '}'
}

found=$(kernels)
if [ -z "$found" ]; then
  echo "There is no kernel in /boot." >&2
  exit 1
fi
timeout=$(setting GRUB_TIMEOUT)
cat << END
# Written by vapp from outside this system. The system's own update-grub may replace it.
set default=0
set timeout=${timeout:-5}
insmod part_msdos
insmod part_gpt
insmod lvm
insmod ext2
insmod xfs
insmod btrfs
END
for kernel in $found; do entry "$kernel"; done
