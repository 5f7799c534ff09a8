#!/usr/bin/env bash
# A running store serves what its status says, and its probes tell when it is ready and when fusion hangs.
. "$(dirname "${BASH_SOURCE[0]}")/common.sh"
need_video
make_store
ff=$build/floorfuse
cd "$work"
port=$(python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
sed -i -e 's/pace = "fast"; //' "$work/store.cfg"
printf 'status = { http = "127.0.0.1:%s"; };\n' "$port" >>store.cfg
engine=()
[ -e "$work/model" ] || engine=(--engine hog)

"$ff" up --config store.cfg "${engine[@]}" >up.log 2>&1 &
up=$!

# get PATH: the text; the code is in $work/code
get() { curl -s -m 10 -o "$work/body" -w '%{http_code}' "http://127.0.0.1:$port$1" >"$work/code" || true; cat "$work/body"; }
answers() { get "$1" >/dev/null 2>&1; [ "$(cat "$work/code")" = "$2" ]; }

# wait_for WHAT COMMAND...: until the command is true
wait_for() {
    local what=$1 deadline=$((SECONDS + 90))
    shift
    until "$@"; do
        kill -0 "$up" 2>/dev/null || { cat up.log >&2; fail "the store ended while waiting for $what"; }
        [ "$SECONDS" -lt "$deadline" ] || { cat up.log body >&2; fail "no $what"; }
        sleep 0.2
    done
}

wait_for "ready store" answers /readyz 200
answers /healthz 200 || fail "a store that is ready is not alive"
"$ff" status --json --config store.cfg >before.json
sleep 1.2 # the status is handed over once a second
get /metrics >metrics.txt
sleep 1.2
"$ff" status --json --config store.cfg >after.json
"$ff" check --metrics >table.md
python3 "$source/tests/system/metrics_check.py" before.json metrics.txt after.json table.md
promtool=${PROMTOOL:-$(command -v promtool || true)}
[ -z "$promtool" ] || "$promtool" check metrics <metrics.txt || fail "promtool does not like /metrics"

"$ff" stop --config store.cfg
wait "$up" || true
answers /healthz 000 || fail "somebody still answers on port $port"
