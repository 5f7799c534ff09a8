#!/usr/bin/env bash
# A test in shell that is killed with all its descendants, as ctest does at the time limit, leaves no server and no
# folder.
# shellcheck source=tests/db/cluster.sh
. "$(dirname "${BASH_SOURCE[0]}")/cluster.sh"
need_postgresql

# The test that is killed: it tells its folder when its server runs and then does not end.
if [ "${1:-}" = hang ]; then
    make_work
    # shellcheck disable=SC2119 # it takes a command, not our arguments
    guard_work
    cluster_make pg
    cluster_start pg
    printf '%s\n' "$work"
    tail -f /dev/null
fi

# A process is held while its children are looked for.
kill_with_descendants() {
    local child children
    kill -STOP "$1"
    read -ra children <"/proc/$1/task/$1/children" || true
    for child in "${children[@]}"; do kill_with_descendants "$child"; done
    kill -KILL "$1"
}

coproc KILLED { exec "${BASH_SOURCE[0]}" hang; }
killed=$KILLED_PID
read -r -t 120 folder <&"${KILLED[0]}" || fail "the test to be killed did not start"
server=$(head -n 1 "$folder/pg/postmaster.pid")
[ -e "/proc/$server/exe" ] || fail "its server does not run"
kill_with_descendants "$killed"

deadline=$((SECONDS + 30))
while [ -e "$folder" ]; do
    [ $SECONDS -lt $deadline ] || fail "$folder is still there"
    sleep 0.1
done
# Not kill -0: where nobody buries orphans, their numbers stay.
[ ! -e "/proc/$server/exe" ] || fail "server $server still runs"
