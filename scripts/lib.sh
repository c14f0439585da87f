# shellcheck shell=bash disable=SC2034
# Set-up that quickstart and test share. Sourced by bash scripts with `set -euo pipefail`; says nothing when nothing is to be done.

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
cd "$root" || exit

# What a build needs. QEMU's and libvirt's recommended packages (displays, UEFI firmware, other drivers) are not among it.
run_packages=(
  libvirt-daemon-system libvirt-clients libvirt0 qemu-system-x86 qemu-utils dnsmasq-base
  xz-utils zstd openssh-client ca-certificates
)
# What the tests need besides: programs that judge our output, and libvirt's headers with a compiler.
test_packages=(
  gcc libc6-dev libvirt-dev pkgconf gpgv cpio dpkg-dev debconf-utils debootstrap fdisk libxml2-utils kmod
  e2fsprogs dosfstools mtools xfsprogs btrfs-progs gdisk grub-common grub-pc-bin grub-efi-amd64-bin sbsigntool openssl mmdebstrap
)
oldest_node=20.19.0

say() { printf '== %s\n' "$*"; }

die() {
  printf '%s\n' "$@" >&2
  exit 1
}

# Runs a command as root: directly, or through sudo.
as_root() {
  if [ "$(id -u)" = 0 ]; then
    "$@"
  elif command -v sudo >/dev/null; then
    sudo "$@"
  else
    die "This needs root: $*" "Run the script as root, or install sudo."
  fi
}

# Under sudo, npm works as the owner of the checkout, so that the files in it stay theirs.
as_owner() {
  local owner
  owner=$(stat -c %U "$root")
  if [ "$(id -u)" = 0 ] && [ "$owner" != root ] && [ "$owner" != UNKNOWN ]; then
    runuser -u "$owner" -- env HOME="$(getent passwd "$owner" | cut -d: -f6)" "$@"
  else
    "$@"
  fi
}

node_hint='Debian 13 has it: apt-get install nodejs npm. For Debian 12 see https://nodejs.org/en/download.'

need_node() {
  if ! command -v node >/dev/null || ! command -v npm >/dev/null; then
    die "Node.js $oldest_node or newer is needed, with npm." "$node_hint"
  fi
  node -e '
    const [have, want] = [process.versions.node, process.argv[1]].map((v) => v.split(".").map(Number));
    const step = have.findIndex((part, index) => part !== want[index]);
    process.exit(step < 0 || have[step] > want[step] ? 0 : 1);
  ' "$oldest_node" ||
    die "Node.js $(node --version) is too old: $oldest_node or newer is needed." "$node_hint"
}

# Runs a command and shows what it said only when it failed.
quietly() {
  local output
  output=$("$@" 2>&1) || die "$output" "This failed: $*"
}

is_installed() { [ "$(dpkg-query -W -f='${db:Status-Status}' "$1" 2>/dev/null)" = installed ]; }

need_packages() {
  local package missing=()
  command -v dpkg-query >/dev/null || die "This script knows Debian only. Install: $*"
  for package; do
    is_installed "$package" || missing+=("$package")
  done
  [ ${#missing[@]} -gt 0 ] || return 0
  say "installing Debian packages: ${missing[*]}"
  quietly as_root apt-get -q update
  quietly as_root env DEBIAN_FRONTEND=noninteractive apt-get -q install -y --no-install-recommends "${missing[@]}"
}

need_npm_packages() {
  node scripts/npm-fits.mjs && return 0
  say "installing npm packages"
  quietly as_owner npm ci --no-progress
}

libvirt_answers() { timeout 20 virsh -c "$1" version >/dev/null 2>&1; }

has_systemd() { [ -d /run/systemd/system ]; }

start_libvirt() {
  if has_systemd; then
    say "starting libvirt"
    quietly as_root systemctl enable --now virtlogd.socket libvirtd.socket
    return
  fi
  say "no systemd here: starting virtlogd and libvirtd as daemons of their own"
  # libvirtd starts no QEMU without virtlogd, which takes the guests' logs. One that runs already is left alone.
  as_root virtlogd -d 2>/dev/null || true
  quietly as_root libvirtd -d
}

# Where udev does not run, nobody has given /dev/kvm to the group that QEMU's user is in. libvirt then finds its notes on QEMU
# outdated, and starts every QEMU anew for each question about what it can do.
need_kvm_group() {
  local name
  [ -e /dev/kvm ] && getent group kvm >/dev/null || return 0
  name=$(stat -c %G /dev/kvm)
  if [ "$name" = kvm ] || [ -e /run/udev/control ]; then return 0; fi
  say "no udev here: giving /dev/kvm to the group kvm"
  as_root chgrp kvm /dev/kvm
  as_root chmod g+rw /dev/kvm
}

# As ordinary users may not be allowed to talk to the system's daemon.
root_libvirt_answers() { as_root timeout 20 virsh -c qemu:///system version >/dev/null 2>&1; }

need_libvirt() {
  local tries
  need_kvm_group
  if libvirt_answers qemu:///system || root_libvirt_answers; then return 0; fi
  start_libvirt
  for tries in $(seq 30); do
    root_libvirt_answers && return 0
    sleep 1
  done
  die "No libvirt daemon answers on qemu:///system after $tries tries." \
    "Look at: virsh -c qemu:///system version; journalctl -u libvirtd (or /var/log/libvirt)"
}
