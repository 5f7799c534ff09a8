#!/usr/bin/env bash
# Wait for a test's end, whatever it is, and clear up what the test has left. guard_work of cluster.sh starts it.
#   guardian.sh PID FOLDER [COMMAND...]     the test's process and its $work; COMMAND as in guard_work
#
# A pipe from the test would tell its end at once, but its servers would inherit it and live on.
# shellcheck source=tests/db/cluster.sh
. "$(dirname "${BASH_SOURCE[0]}")/cluster.sh"
trap '' HUP INT TERM
test=$1 work=$2
shift 2
cd /
tail --pid="$test" -s 0.5 -f /dev/null
clear_up "$@"
