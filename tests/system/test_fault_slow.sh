#!/usr/bin/env bash
# Fusion stands still while live cameras go on: their queues stay within bounds, what they drop is counted, and as it
# is in their rings no fact differs in the end.
. "$(dirname "${BASH_SOURCE[0]}")/faults.sh"
SIM_S=130
SIM_FPS=30
make_sim
cluster_make pg
cluster_start pg
undisturbed quiet

make_run slow 'wire = { high_water_mark = 20; };'
start_fusion
start_cameras --pace recorded --duration-s 30
await 20 "frames" more_than 'o["frames_received"]' 100
kill -STOP "$fusion"
pause 12
kill -CONT "$fusion"
wait "$cameras" || cannot_publish
# the rest, as fast as it goes
await 120 "all frames" published_and_received
stop_fusion
dropped=$(sed -n 's/.* dropped=\([0-9]*\).*/\1/p' "$run/published" | head -n 1)
[ "$dropped" -gt 50 ] || fail "only $dropped messages were dropped"
printf '%s messages were dropped and counted\n' "$dropped"
expect_same_facts quiet slow
