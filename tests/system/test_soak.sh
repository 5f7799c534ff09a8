#!/usr/bin/env bash
# tools/soak, scaled down to half a minute: six cameras in real time while fusion and cameras are killed, the database is
# restarted and the line is cut. Nothing may be lost, and each of the faults must have come.
#
# What it does not show: that memory stays flat (sanitizers keep what is freed, and half a minute is nothing), that
# fifty cameras keep up, or anything that comes with days. tools/soak --minutes 1440 does, on the release build.
. "$(dirname "${BASH_SOURCE[0]}")/common.sh"
need_postgresql
"$source/tools/soak" --build "$build" --out "$work/soak" --minutes 0.6 --cameras 6 --people 5 --fps 5 --faults \
    >"$work/verdict" || { cat "$work/verdict" >&2 && fail "something was lost"; }
for fault in kill-fusion kill-cameras restart-database cut-line; do
    grep -q "$fault" "$work/soak/faults.log" || fail "there was no $fault"
done
python3 -c '
import json, sys
v = json.load(sys.stdin)
assert v["frames"]["published"] > 600 and v["frames"]["missed"] == 0, v["frames"]
assert v["samples"] > 15 and v["fusion_starts"] > 1, v
print(v["frames"], "tick lag", v["tick_lag_ms"]["last_quarter"])' <"$work/verdict"
