#!/usr/bin/env bash
# Camera programs are killed at random moments and started again: what they had seen is in their rings, and no
# fact differs from those of a quiet run.
. "$(dirname "${BASH_SOURCE[0]}")/faults.sh"
make_sim
cluster_make pg
cluster_start pg
undisturbed quiet

make_run killed
start_fusion
RANDOM=11
for ((kill = 1; kill <= ${KILLS:-8}; kill++)); do
    start_cameras --resume
    pause "0.$((RANDOM % 9 + 1))"
    kill -KILL "$cameras" 2>/dev/null || break # it was through
    wait "$cameras" || true
done
await 120 "all frames" published_and_received
stop_fusion
expect_same_facts quiet killed
