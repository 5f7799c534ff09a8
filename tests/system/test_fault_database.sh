#!/usr/bin/env bash
# PostgreSQL is killed in the midst of writing, stays away, and fusion is killed meanwhile: buckets wait on disk, the
# loop does not, and no fact differs once the database is back. Nor does one where it is restarted again and again.
. "$(dirname "${BASH_SOURCE[0]}")/faults.sh"
make_sim
cluster_make pg
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
await 120 "all frames" published_and_received
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
await 120 "all frames" published_and_received
stop_fusion
grep -q "the database takes buckets again" "$run/fusion.log" || fail "no restart was noticed"
expect_same_facts quiet restarted

# A store that has run before begins without its database, and brings its schema up to date when it comes; one that
# never ran has a mistake in its config.
cluster_sql -d postgres -c "DROP DATABASE restarted"
cluster_sql -d postgres -c "CREATE DATABASE restarted"
cluster_stop pg fast
"$ff" up --config "$run/store.cfg" 2>"$run/up.log" &
up=$!
await 30 "a store without its database" eval '[ "$(status "o[\"store\"]")" = simulated ]'
grep -q "the store begins without it" "$run/up.log" || fail "nothing is said of the database that is away"
cluster_start pg
has_schema() { psql -qXAt -d restarted -c "SELECT max(version) FROM schema_version" | grep -q .; }
await 60 "the schema of the new database" has_schema
"$ff" stop --config "$run/store.cfg" >"$run/stop.log" || fail "the store did not stop"
wait "$up" || { cat "$run/up.log" >&2 && fail "the store did not end well"; }
cluster_stop pg fast
mv "$run/state" "$run/state.before"
! timeout 30 "$ff" up --config "$run/store.cfg" 2>"$run/up.log" || fail "a store that never ran began without a database"
grep -q "could not connect to the database" "$run/up.log" || fail "nothing is said of the database"
