# What the stand-in's guests share. They speak as the real ones do: docs/faults.md.
export PATH=/usr/bin HOME=/ LC_ALL=C

# What a build asks of its guests; a disk may carry it, too.
FAULT=none PAUSE=0
read_order() {
  # shellcheck source=/dev/null
  [ ! -e "$1" ] || . "$1"
}

# Drivers of absent hardware may refuse.
load_modules() {
  while read -r module; do
    insmod "/stand-in/modules/$module" 2>/dev/null
  done < /stand-in/modules/order
}

# Names as Linux gives them: virtio, Xen, SCSI and IDE.
find_disk() {
  tries=0
  while [ $tries -lt 50 ]; do
    for disk in /dev/vda /dev/xvda /dev/sda; do
      [ ! -b $disk ] || break 2
    done
    tries=$((tries + 1))
    sleep 0.1
  done
}

# On a console that both channels share (src/shared-console.ts) the line begins with a mark.
MARK=
syslog() { printf '%s%s %s\n' "$MARK" "$(date '+%b %e %H:%M:%S')" "$1" >&3; }

question() {
  cat << 'SCREEN'
Configure the network
---------------------

Please enter the hostname for this system.

The hostname is a single word that identifies your system to the network.
Hostname:
SCREEN
  printf "Prompt: '?' for help> "
  read -r _
}

error() {
  cat << 'SCREEN'
Choose a mirror of the Debian archive
-------------------------------------

!! ERROR: Bad archive mirror

An error has been detected while trying to use the specified Debian archive
mirror.
SCREEN
  printf '[Press enter to continue] '
  read -r _
}

# fault PLACE: does what the build was asked to do wrong here, and else takes the time that it was asked to take.
fault() {
  sleep "$PAUSE"
  case $FAULT in
    "$1:hang") while :; do sleep 3600; done ;;
    "$1:spin") while :; do :; done ;;
    "$1:chatter") while sleep 1; do echo "still waiting for something"; done ;;
    "$1:panic") echo 1 > /proc/sys/kernel/sysrq && echo c > /proc/sysrq-trigger ;;
    "$1:poweroff") poweroff -f ;;
    "$1:question") question ;;
    "$1:error") error ;;
  esac
}
