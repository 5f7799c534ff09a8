#!/usr/bin/env bash
# PostgreSQL is killed in the midst of writing, stays away, and fusion is killed meanwhile: buckets wait on disk, the
# loop does not, and no fact differs once the database is back. Nor does one where it is restarted again and again.
. "$(dirname "${BASH_SOURCE[0]}")/faults.sh"
make_sim
cluster_make pg
printf 'synchronous_commit = on\n' >>"$work/pg/postgresql.conf" # as servers are: a commit outlives the server
cluster_start pg
undisturbed quiet

make_run away
keep_fusion_up
start_cameras
await 60 "the first buckets" more_than 'o["database"]["buckets_written"]' 1
cluster_stop pg immediate
await 60 "buckets on disk" more_than 'o["database"]["buckets_in_spool"]' 2
kill -KILL "$(cat "$run/fusion.pid")"
wait "$cameras" || cannot_publish
await 120 "all frames" all_received
waiting=$(status 'o["database"]["buckets_in_spool"]')
[ "$waiting" -gt 2 ] || fail "only $waiting buckets wait, though there is no database"
[ -n "$(status 'o["database"]["last_error"]')" ] || fail "nothing is said of the database that is away"
cluster_start pg
await 60 "an empty spool" eval '[ "$(status "o[\"database\"][\"buckets_in_spool\"]")" = 0 ]'
stop_fusion
printf '%s buckets had waited\n' "$waiting"
expect_same_facts quiet away

make_run restarted
start_fusion
start_cameras
RANDOM=3
while kill -0 "$cameras" 2>/dev/null; do
    pause "0.$((RANDOM % 5 + 1))"
    cluster_stop pg fast
    cluster_start pg
done
wait "$cameras" || cannot_publish
await 120 "all frames" all_received
stop_fusion
grep -q "the database takes buckets again" "$run/fusion.log" || fail "no restart was noticed"
expect_same_facts quiet restarted
