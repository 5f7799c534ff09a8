#!/usr/bin/env bash
# Fusion is killed at twenty random moments while cameras publish: no fact differs from those of a quiet run.
. "$(dirname "${BASH_SOURCE[0]}")/faults.sh"
make_sim
cluster_make pg
cluster_start pg
undisturbed quiet

make_run killed
keep_fusion_up
start_cameras
RANDOM=7
for ((kill = 1; kill <= ${KILLS:-20}; kill++)); do
    pause "0.$((RANDOM % 9 + 1))"
    killed=$(cat "$run/fusion.pid")
    kill -KILL "$killed" || fail "fusion had ended by itself"
    await 20 "fusion after kill $kill" \
        bash -c '[ "$(cat "$1")" != "$2" ] && kill -0 "$(cat "$1")"' _ "$run/fusion.pid" "$killed"
done
wait "$cameras" || cannot_publish
await 120 "all frames" published_and_received
stop_fusion
expect_same_facts quiet killed
