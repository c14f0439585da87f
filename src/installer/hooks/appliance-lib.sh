# The verbs of the generated /vapp/appliance.sh; sourced after lib.sh.

# vapp_user NAME HASH SUDO: HASH may be empty (no password login); SUDO is `group`, `free` (without password) or empty.
vapp_user() {
	say "user $1"
	hash=$2
	if ! chroot $T getent passwd "$1" >/dev/null; then
		must "user $1" chroot $T adduser --disabled-password --comment "" "$1"
		# `!`, which adduser leaves, locks the account for sshd as well where PAM does not decide (sshd(8)).
		hash=${2:-*}
	fi
	[ -z "$hash" ] || must "password of $1" chroot $T usermod --password "$hash" "$1"
	[ -z "$3" ] || [ -x $T/usr/bin/sudo ] || fail "sudo of $1: the package sudo is not installed"
	case $3 in
	group) must "sudo of $1" chroot $T adduser "$1" sudo ;;
	free)
		# One file for all: a name may hold a dot, and sudo passes over files with one.
		echo "$1 ALL=(ALL:ALL) NOPASSWD: ALL" >>$T/etc/sudoers.d/vapp
		chmod 440 $T/etc/sudoers.d/vapp
		must "sudo of $1" chroot $T visudo --check --file=/etc/sudoers.d/vapp
		;;
	esac
}

# vapp_keys NAME LINE…: adds lines to the user's authorized_keys.
vapp_keys() {
	who=$1
	shift
	entry=$(chroot $T getent passwd "$who") || fail "keys of $who: there is no such user"
	home=$(echo "$entry" | cut -d: -f6)
	[ -d "$T$home/.ssh" ] || mkdir -m 700 "$T$home/.ssh" || fail "keys of $who: cannot make $home/.ssh"
	printf '%s\n' "$@" >>"$T$home/.ssh/authorized_keys"
	chmod 600 "$T$home/.ssh/authorized_keys"
	must "keys of $who" chroot $T chown -R "$who:" "$home/.ssh"
}

# vapp_file NUMBER PATH MODE: puts the file /vapp/files/NUMBER into the target, inside of which absolute links lead where they should.
vapp_file() {
	say "file $1"
	rc=0
	chroot $T sh -ec 'mkdir -p "$(dirname "$1")" && cat >"$1" && chmod "$2" "$1"' sh "$2" "$3" <"/vapp/files/$1" || rc=$?
	[ "$rc" = 0 ] || fail "file $1 $rc"
	rm "/vapp/files/$1"
}

# vapp_run NUMBER COMMAND: inside the installed system. Its input is empty and packages ask nothing: the
# descriptors that in-target hands on lead to the installer's debconf, where a program would read and write havoc.
vapp_run() {
	say "run $1"
	rc=0
	in-target sh -ec 'exec </dev/null 3>&-
		unset DEBCONF_READFD DEBCONF_WRITEFD DEBCONF_REDIR DEBIAN_HAS_FRONTEND
		export DEBIAN_FRONTEND=noninteractive
		exec sh -ec "$1"' sh "$2" || rc=$?
	[ "$rc" = 0 ] || fail "run $1 $rc"
}
