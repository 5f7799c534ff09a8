#!/usr/bin/env bash
# Fusion is away for longer than the rings reach back: exactly what they dropped is counted as missed, in each camera's
# facts, and nobody is said to have looked meanwhile.
. "$(dirname "${BASH_SOURCE[0]}")/faults.sh"
SIM_S=2400
make_sim
cluster_make pg
cluster_start pg
make_run away 'wire = { ring_mb = 1; };'
start_fusion
start_cameras
await 60 "the first buckets" more_than 'o["database"]["buckets_written"]' 2
stop_fusion
# Somebody else listens for the rest of the time, so that the cameras go on.
sed "s|^state_dir = .*|state_dir = \"$run/other\";|" "$run/store.cfg" >"$run/other.cfg"
"$build/floorfuse-fusion" --config "$run/other.cfg" --no-database 2>>"$run/other.log" &
other=$!
wait "$cameras" || cannot_publish
kill -TERM "$other"
wait "$other" || fail "the other listener failed: $(tail -n 3 "$run/other.log")"
start_fusion
publish --resume || cannot_publish # they have nothing new, but their rings
await 60 "the end" eval '[ "$(status "sum(c[\"state\"] == \"ended\" for c in o[\"cameras\"])")" = 3 ]'
received=$(status 'sum(c["frames_received"] for c in o["cameras"])')
missed=$(status 'sum(c["frames_missed"] for c in o["cameras"])')
# Killed before it has told of any of it, the next fusion finds the same again, from its last checkpoint on.
kill -KILL "$fusion"
wait "$fusion" 2>/dev/null || true
start_fusion
publish --resume || cannot_publish
await 60 "the same end" eval '[ "$(status "sum(c[\"frames_received\"] + c[\"frames_missed\"] for c in o[\"cameras\"])")" = "$((received + missed))" ]'
[ "$(status 'sum(c["frames_missed"] for c in o["cameras"])')" = "$missed" ] || fail "killed, fusion counts other losses"
"$ff" status --config "$run/store.cfg" | grep -Eq '^  [abc] +wire +missed +[1-9][0-9]* frames$' ||
    fail "floorfuse status does not say which camera's frames were missed"
stop_fusion
[ "$missed" -gt 1000 ] || fail "only $missed frames were missed: the rings did not overrun"
[ $((received + missed)) = "$(frames_published)" ] ||
    fail "$received frames were received and $missed missed of $(frames_published)"
facts away >"$run/facts"
counted=$(awk -F'|' '$1 == "camera" { frames += $4; missed += $6 } END { print frames, missed }' "$run/facts")
[ "$counted" = "$received $missed" ] || fail "facts say $counted frames and missed, fusion $received $missed"
# A camera looked from frame to frame. (The simulator's drop one in a hundred by themselves, which is bridged.)
awk -F'|' -v received="$received" -v fps="$SIM_FPS" '
    $1 == "exposure" && $5 != "" { ms += $4 * (gsub(/,/, ",", $5) + 1) }
    END { if (ms > (1.02 * received / fps + 10) * 1000) { print ms, "ms of exposure from", received, "frames"; exit 1 } }' \
    "$run/facts" || fail "exposure did not fall"
# The database has them by camera and hour, and nothing else was lost on the wire.
lost=$(psql -qXAt -d away -c "SELECT coalesce(sum(losses), 0) FROM v_loss WHERE source = 'wire'")
[ "$lost" = "$missed" ] || fail "v_loss says $lost frames were lost on the wire, fusion $missed"
by_camera() { awk -F'|' '$1 == "camera" { n[$2] += $6 } END { for (c in n) if (n[c] > 0) print c "|" n[c] }' "$run/facts"; }
diff <(by_camera | sort) <(psql -qXAt -d away -c "SELECT camera, sum(losses) FROM v_loss
    WHERE source = 'wire' AND reason = 'missed' AND unit = 'frames' GROUP BY camera" | sort) ||
    fail "v_loss has other cameras, or other numbers, than the facts"
printf '%s frames received, %s missed and counted\n' "$received" "$missed"
