# What vapp's hooks share; sourced. /vapp/options holds the assignments of this build.
T=/target
[ ! -e /vapp/options ] || . /vapp/options

say() { logger -t vapp "VAPP $*"; }

# To the installer a hook's exit status is a mere warning, so a failure ends the guest; the pause lets the log leave it.
fail() {
	say "failed $*"
	sleep 5
	poweroff -f
	exit 1
}

# must WHAT COMMAND…: the command's output goes to the log, its failure ends the installation.
must() {
	what=$1
	shift
	rc=0
	log-output -t vapp "$@" </dev/null || rc=$?
	[ "$rc" = 0 ] || fail "$what $rc"
}

# place FILE TARGET MODE: puts a file of the kit into the target.
place() {
	mkdir -p "$T${2%/*}" && cp "$1" "$T$2" && chmod "$3" "$T$2" || fail "cannot write $2"
}

# finished HOOK: vapp-end gives the end mark only when every hook has come this far.
finished() {
	mkdir -p /vapp/finished
	: >"/vapp/finished/$1"
}
