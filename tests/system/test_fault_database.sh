#!/usr/bin/env bash
# PostgreSQL is stopped, killed and away while fusion is killed, too: buckets wait on disk, and no fact differs.
. "$(dirname "${BASH_SOURCE[0]}")/faults.sh"
make_sim
cluster_make pg
cluster_start pg
undisturbed quiet

make_run away
keep_fusion_up
publish --pace recorded --duration-s 30 & # slow at first, so that there is time for all this
cameras=$!
await 20 "frames" bash -c '[ "$1" -gt 0 ]' _ "$(status 'o["frames_received"]')"
cluster_stop pg immediate
publish_rest() { :; }
pause 1
kill -KILL "$(cat "$run/fusion.pid")"
wait "$cameras" || cannot_publish
stop_fusion
