#!/usr/bin/env bash
# A simulated store: the same seed gives the same bytes, its files can be used, and the real fusion program
# takes its messages for those of cameras.
. "$(dirname "${BASH_SOURCE[0]}")/common.sh"
ff=$build/floorfuse
cat >"$work/sim.cfg" <<'CFG'
start = "2026-01-05T09:00:00Z";
duration_s = 20.0;
floor = { length_m = 20.0; width_m = 16.0; aisles = 3; };
people = { inside = 12; };
cameras = (
    { id = "a"; position_m = [0.3, 0.3]; height_m = 4.0; yaw_deg = 35.0; },
    { id = "b"; position_m = [19.7, 15.7]; height_m = 4.0; yaw_deg = -145.0; },
    { id = "c"; position_m = [19.7, 0.3]; height_m = 4.0; yaw_deg = 145.0; fps = 5.0; }
);
CFG

# The same seed, the same bytes; another seed, another day.
"$ff" simulate --config "$work/sim.cfg" --seed 4 --out "$work/one"
"$ff" simulate --config "$work/sim.cfg" --seed 4 --out "$work/two"
"$ff" simulate --config "$work/sim.cfg" --seed 5 --out "$work/three"
diff -r "$work/one" "$work/two" || fail "the same seed gave other files"
! cmp -s "$work/one/observations.csv" "$work/three/observations.csv" ||
    fail "another seed gave the same observations"
! cmp -s "$work/one/truth.csv" "$work/three/truth.csv" || fail "another seed gave the same truth"
[ -z "$(find "$work" -name '*.part')" ] || fail "a temporary file is left"

# Person time of the heat truth: 0.1 s for each row of truth.csv, as both are taken 10 times a second.
awk -F, 'NR == FNR { if (FNR > 1) rows++; next } FNR > 1 { ms += $7 }
    END { if (ms != rows * 100) { print ms, "ms in cells, but", rows, "rows of 100 ms"; exit 1 } }' \
    "$work/one/truth.csv" "$work/one/heat_truth.csv" || fail "heat truth is not person time"

"$ff" check --config "$work/one/store.cfg" || fail "the store config cannot be used"

# Real messages to the real program. Not in /run: a test leaves nothing behind.
sed -i "1i run_dir = \"$work/run\";\nstate_dir = \"$work/state\";\nfusion = { lateness_ms = 20000; };" "$work/one/store.cfg"
"$build/floorfuse-fusion" --config "$work/one/store.cfg" --no-database --until-ended \
    --tracks "$work/tracks.csv" --summary "$work/summary.json" &
fusion=$!
"$ff" simulate --config "$work/sim.cfg" --seed 4 --publish --store "$work/one/store.cfg" --pace fast \
    --keep-time 2>"$work/published" || fail "could not publish: $(cat "$work/published")"
wait "$fusion" || fail "fusion failed"
cat "$work/published"
grep -q ' dropped=0 ' "$work/published" || fail "messages were dropped"
sent=$(sed -n 's/.* frames=\([0-9]*\) .*/\1/p' "$work/published")
received=$(sed -n 's/^  "frames_received": \([0-9]*\).*/\1/p' "$work/summary.json")
[ "$received" = "$sent" ] || fail "$sent frames were sent and $received received"
[ "$(wc -l <"$work/tracks.csv")" -gt 500 ] || fail "fusion saw hardly anybody"

# Killed in the middle and resumed: together they publish what one run does. Each camera's ring is of the run
# before at first, which published the same times: away with it.
rm -r "$work/state"
"$build/floorfuse-fusion" --config "$work/one/store.cfg" --no-database 2>"$work/fusion.log" &
fusion=$!
resume=("$ff" simulate --config "$work/sim.cfg" --seed 4 --publish --store "$work/one/store.cfg" --keep-time)
"${resume[@]}" 2>/dev/null &
killed=$!
until [ -n "$(find "$work/state/ring/c" -name '*.ring' -size +5k 2>/dev/null)" ]; do
    kill -0 "$killed" || fail "the simulation ended before it could be killed"
done
kill -KILL "$killed"
! wait "$killed" 2>/dev/null || fail "a killed run says that all is well"
"${resume[@]}" --resume --pace fast 2>"$work/resumed" || fail "could not resume: $(cat "$work/resumed")"
kill -TERM "$fusion"
wait "$fusion" || fail "fusion failed"
cat "$work/resumed"
known=$(sed -n 's/.* known=\([0-9]*\) .*/\1/p' "$work/resumed")
rest=$(sed -n 's/.* frames=\([0-9]*\) .*/\1/p' "$work/resumed")
[ "$known" -gt 10 ] && [ "$rest" -gt 10 ] || fail "it was not killed in the middle: $known frames, then $rest"
[ $((known + rest)) = "$sent" ] || fail "$known frames and $rest more are not the $sent of one run"

# Interrupted: nothing half is left.
"$ff" simulate --config "$work/sim.cfg" --duration-s 1e6 --out "$work/long" 2>/dev/null &
long=$!
until [ -e "$work/long/truth.csv.part" ]; do kill -0 "$long" || fail "it ended at once"; done
kill -TERM "$long"
! wait "$long" || fail "an interrupted run says that all is well"
[ -z "$(ls "$work/long")" ] || fail "an interrupted run left $(ls "$work/long")"

# Wrong usage and wrong configs
expect_failure 2 '--config' "$ff" simulate --out x
expect_failure 2 '--out DIR' "$ff" simulate --config "$work/sim.cfg"
expect_failure 2 '--seed' "$ff" simulate --config "$work/sim.cfg" --seed -1 --out "$work/x"
expect_failure 2 '--fps' "$ff" simulate --config "$work/sim.cfg" --fps 1e9 --out "$work/x"
expect_failure 2 '--resume' "$ff" simulate --config "$work/sim.cfg" --publish --resume --keep-time
expect_failure 2 '--resume' "$ff" simulate --config "$work/sim.cfg" --publish --resume --store "$work/one/store.cfg"
sed '1i wire = { ring_mb = 0; };' "$work/one/store.cfg" >"$work/one/ringless.cfg"
expect_failure 1 'ring_mb' "$ff" simulate --config "$work/sim.cfg" --publish --resume --keep-time \
    --store "$work/one/ringless.cfg"
expect_failure 1 'nobody says where' "$ff" simulate --config "$work/sim.cfg" --publish
expect_failure 1 'nobody listens' "$ff" simulate --config "$work/sim.cfg" --publish --wait-s 0.1 \
    --store "$work/one/store.cfg"
expect_failure 1 '/proc/nowhere' "$ff" simulate --config "$work/sim.cfg" --out /proc/nowhere
expect_failure 1 'none.cfg' "$ff" simulate --config "$work/none.cfg" --out "$work/x"
sed 's/id = "b"/id = "a"/' "$work/sim.cfg" >"$work/bad.cfg"
expect_failure 1 'bad.cfg:7: camera a: another camera' "$ff" simulate --config "$work/bad.cfg" --out "$work/x"
sed 's/position_m = \[0.3, 0.3\];//' "$work/sim.cfg" >"$work/bad.cfg"
expect_failure 1 'where does it hang' "$ff" simulate --config "$work/bad.cfg" --out "$work/x"
sed 's/height_m = 4.0; yaw_deg = 35.0/down_s = [5.0, 1.0]/' "$work/sim.cfg" >"$work/bad.cfg"
expect_failure 1 'down_s' "$ff" simulate --config "$work/bad.cfg" --out "$work/x"
printf 'sensors = { noize = true; };\n' | cat "$work/sim.cfg" - >"$work/bad.cfg"
expect_failure 1 'noize' "$ff" simulate --config "$work/bad.cfg" --out "$work/x"
[ ! -e "$work/x" ] || fail "a refused run left files"
