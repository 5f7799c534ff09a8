#!/usr/bin/env bash
# The disk is full and the database away: fusion goes on, and counts what does not fit. Once there is room it makes that
# again from the cameras' rings, also when it was killed meanwhile; without rings exactly what was counted is missing.
. "$(dirname "${BASH_SOURCE[0]}")/faults.sh"
unshare -Urm true 2>/dev/null || skip "no user namespaces here, so there is no small disk to fill"
SIM_S=1800
make_sim
sed -i 's|bucket_s = [0-9]*|bucket_s = 5|' "$work/shop/store.cfg"
cluster_make pg
cluster_start pg
undisturbed quiet

# make_disk SIZE: fusion of the present run keeps its state on a disk of its own, which outlives it; cameras do not
make_disk() {
    sed "s|^state_dir = .*|state_dir = \"$run/disk\";|" "$run/store.cfg" >"$run/fusion.cfg"
    mkdir "$run/disk"
    # shellcheck disable=SC2016 # the inner shell's
    unshare -Urm bash -c 'mount -t tmpfs -o size="$1" none "$2" && echo ready && exec cat' _ "$1" "$run/disk" \
        <"$work/never" >"$run/disk.said" &
    disk=$!
    await 10 "a small disk" grep -q ready "$run/disk.said"
}
start_fusion_on_disk() {
    nsenter -t "$disk" -U -m --preserve-credentials \
        "$build/floorfuse-fusion" --config "$run/fusion.cfg" --summary "$run/summary.json" 2>>"$run/fusion.log" &
    fusion=$!
}
database_says() { [ "$(status "o[\"database\"][\"$1\"]")" = "$2" ]; }

# fill_disk: some buckets that the database takes, and then more than disk and memory do
fill_disk() {
    make_disk 700k
    start_fusion_on_disk
    publish --duration-s 300 || cannot_publish
    await 60 "all frames" all_received
    await 60 "all buckets" database_says buckets_waiting 0
    cluster_stop pg fast
    publish --resume --duration-s 1500 || cannot_publish
    await 60 "all frames, though the disk is full" all_received
    [[ $(status 'o["database"]["disk_error"]') == *"No space left"* ]] || fail "nothing is said of the disk that is full"
    dropped=$(status 'o["database"]["drops"]["disk_error"]')
    [ "$dropped" -gt 20 ] || fail "only $dropped buckets were dropped: the disk was not full for long"
}
# The rest arrives as ever.
go_on() {
    await 90 "all frames" published_and_received
    await 60 "room" database_says disk_error ""
    stop_fusion
    kill "$disk"
}
# The buckets that facts are of.
buckets_of() { grep -oE '[0-9]{4}-[0-9]{2}-[0-9]{2} [0-9:]{8}' "$1" | sort -u; }

make_run made_again
fill_disk
cluster_start pg
await 60 "going back" more_than 'o["times_back"]' 0
go_on
printf '%s buckets were dropped, and made again\n' "$dropped"
expect_same_facts quiet made_again

make_run killed
fill_disk
kill -KILL "$fusion"
wait "$fusion" || true
start_fusion_on_disk
await 20 "fusion on a full disk" database_says buckets_written 0
cluster_start pg
go_on
expect_same_facts quiet killed

# What cameras do not keep cannot be made again. (Nor is a frame that is late had back: none must be.)
make_run without_rings 'wire = { ring_mb = 0; }; fusion = { lateness_ms = 20000; };'
make_disk 700k
start_fusion_on_disk
start_cameras
await 60 "the first buckets" more_than 'o["database"]["buckets_written"]' 2
cluster_stop pg fast
wait "$cameras" || cannot_publish
await 60 "all frames, though the disk is full" all_received
cluster_start pg
await 60 "room" database_says buckets_waiting 0
stop_fusion
dropped=$(sed -n 's/.*"buckets_dropped": \([0-9]*\).*/\1/p' "$run/summary.json")
kill "$disk"
facts without_rings >"$work/facts.without_rings"
diff "$work/facts.quiet" "$work/facts.without_rings" >"$work/difference" && fail "what was dropped is there"
! grep '^>' "$work/difference" || fail "there is more than in a quiet run"
grep '^<' "$work/difference" >"$work/missing"
buckets_of "$work/missing" >"$work/buckets"
! buckets_of "$work/facts.without_rings" | grep -xFf "$work/buckets" || fail "of these buckets a part is missing"
[ "$(wc -l <"$work/buckets")" = "$dropped" ] ||
    fail "$dropped buckets are counted as dropped, and $(wc -l <"$work/buckets") are missing"
printf '%s buckets were dropped and counted, exactly those are missing\n' "$dropped"
