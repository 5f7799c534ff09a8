#!/usr/bin/env bash
# The line between cameras and fusion is cut again and again, for less time than the rings hold: no fact differs.
. "$(dirname "${BASH_SOURCE[0]}")/faults.sh"
make_sim
cluster_make pg
cluster_start pg
undisturbed quiet

read -r observations replays <<<"$(free_ports 2)"
make_run cut "wire = { endpoint = \"tcp://127.0.0.1:$observations\"; replay = \"tcp://127.0.0.1:$replays\"; };"
"$source/tests/system/line.py" "$observations" "$replays" >"$run/line" 2>"$run/line.log" &
line=$!
await 10 "the line" grep -q ready "$run/line"
read -r _ near_observations near_replays <"$run/line"
sed -e "s|127.0.0.1:$observations|127.0.0.1:$near_observations|" -e "s|127.0.0.1:$replays|127.0.0.1:$near_replays|" \
    "$run/store.cfg" >"$run/cameras.cfg"
start_fusion
store=$run/cameras.cfg
start_cameras
RANDOM=13
for ((cut = 1; cut <= 10; cut++)); do
    pause "0.$((RANDOM % 9 + 1))"
    kill -USR1 "$line" # cut: what is on its way is gone
    pause "0.$((RANDOM % 9 + 1))"
    kill -USR2 "$line" # whole again
done
wait "$cameras" || cannot_publish
await 120 "all frames" published_and_received
stop_fusion
kill -TERM "$line"
printf 'replayed %s frames\n' "$(sed -n 's/.*frames_replayed.: \([0-9]*\).*/\1/p' "$run/summary.json" | awk '{ n += $1 } END { print n }')"
expect_same_facts quiet cut
