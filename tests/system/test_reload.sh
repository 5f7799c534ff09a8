#!/usr/bin/env bash
# A running store takes a changed calibration between two frames, and keeps the old one when the new is bad.
. "$(dirname "${BASH_SOURCE[0]}")/common.sh"
need_video
make_store
ff=$build/floorfuse
cd "$work"
# As it was filmed, so that there are frames before and after; without the private database's start.
sed -i -e 's/pace = "fast"; //' "$work/store.cfg"
engine=()
[ -e "$work/model" ] || engine=(--engine hog)

"$ff" up --config store.cfg "${engine[@]}" >up.log 2>&1 &
up=$!

# status KEY: of camera left
left() {
    local status
    status=$("$ff" status --json --config store.cfg 2>/dev/null) || true
    awk -v key="\"$1\":" '/"camera": "left"/ { here = 1 } here && index($0, key) { print; exit }' <<<"$status" |
        tr -d '", ' | cut -d: -f2
}

# wait_for WHAT COMMAND...: until the command is true
wait_for() {
    local what=$1 deadline=$((SECONDS + 90))
    shift
    until "$@"; do
        kill -0 "$up" 2>/dev/null || { cat up.log >&2; fail "the store ended while waiting for $what"; }
        [ "$SECONDS" -lt "$deadline" ] || { cat up.log >&2; fail "no $what"; }
        sleep 0.2
    done
}
received() { [ "$(left frames_received)" -gt "$1" ] 2>/dev/null; }
version_is() { [ "$(left calibration_version)" = "$1" ]; }
logged() { grep -q -- "$1" up.log; }

wait_for "frames of left" received 5
old=$(sha256sum left.cfg | cut -c1-64)
version_is "$old" || fail "left says $(left calibration_version), its file is $old"

# A new version.
printf 'author = "Ann";\n' >>left.cfg
new=$(sha256sum left.cfg | cut -c1-64)
"$ff" reload --config store.cfg
wait_for "the new version" version_is "$new"
after=$(left frames_received)
wait_for "frames placed by it" received $((after + 5))

# A bad one stays out: the old goes on.
cp left.cfg good.cfg
echo 'focus = 3;' >>left.cfg
"$ff" reload --config store.cfg
wait_for "a word about the bad file" logged "the calibration stays as it was: .*left.cfg:"
version_is "$new" || fail "a bad file was taken"
sed 's/width = 768/width = 767/' good.cfg >left.cfg
"$ff" reload --config store.cfg
wait_for "a word about the other size" logged "pictures of 767x576 now"
version_is "$new" || fail "a file for another picture was taken"
after=$(left frames_received)
wait_for "frames after that" received $((after + 5))
[ "$(left frames_missed)" = 0 ] || fail "missed $(left frames_missed) frames"

"$ff" stop --config store.cfg
wait "$up" || true
# The database knows both versions and who made the second.
"$build/floorfuse" psql --config "$work/store.cfg" -- -qtAX -c "SELECT calibration, author, file LIKE '%Ann%'
    FROM v_calibration WHERE camera = 'left' ORDER BY added_at" >versions.txt 2>psql.txt ||
    fail "$(cat psql.txt)"
[ "$(cat versions.txt)" = "$old||f
$new|Ann|t" ] || fail "the database has: $(cat versions.txt)"
"$ff" stop --config store.cfg >/dev/null 2>&1 || true
