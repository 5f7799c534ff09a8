# common.sh - sourced by the system tests: a throw-away store in a folder of its own, gone at the end
#
# $1 build folder, $2 source folder; FLOORFUSE_VIDEO names the recording (tools/test gets it).
# shellcheck shell=bash source=tests/db/cluster.sh
. "$(dirname "${BASH_SOURCE[0]}")/../db/cluster.sh"
build=$(realpath "$1")
export build # for the guardian, which ends our programs
source=$(realpath "$2")
make_work
export XDG_RUNTIME_DIR="$work/run"
# Not ours to mend: OpenCV, Qt and what they load keep memory until the process ends.
export LSAN_OPTIONS="suppressions=$source/tests/lsan.supp:print_suppressions=0"
guard_work "$build/floorfuse" stop --config "$work/store.cfg"

need_video() {
    [ -n "${FLOORFUSE_VIDEO:-}" ] && [ -f "$FLOORFUSE_VIDEO" ] ||
        skip "the recording is not here; tools/test gets it, or set FLOORFUSE_VIDEO to vtest.avi"
}

# The model's folder, or nothing.
find_model() {
    local folder
    for folder in "${FLOORFUSE_MODELS:-/nowhere}" "$source/../shared/models" \
        "${XDG_CACHE_HOME:-$HOME/.cache}/floorfuse/models"; do
        [ -f "$folder/yolo-fastest-1.1_body/yolo-fastest-1.1_body.weights" ] || continue
        printf '%s\n' "$folder/yolo-fastest-1.1_body"
        return
    done
}

# The demo's store as a throw-away one: own folders, as fast as it goes, a fixed start.
make_store() {
    local model
    cp "$source"/etc/demo/*.cfg "$source"/etc/demo/*.geojson "$work/"
    model=$(find_model)
    [ -z "$model" ] || ln -sfn "$model" "$work/model"
    [ -z "${FLOORFUSE_VIDEO:-}" ] || ln -sfn "$FLOORFUSE_VIDEO" "$work/vtest.avi"
    sed -i -e "s|mode = \"embedded\";|mode = \"embedded\"; dir = \"$work/pg\";|" \
        -e "s|^chain = .*|&\nrun_dir = \"$work/run\";\nstate_dir = \"$work/state\";|" \
        -e 's|^heat = |fusion = { lateness_ms = 20000; };\nheat = |' \
        -e 's|fps = 7.0;|fps = 7.0; pace = "fast"; start = "2009-06-25T13:00:00Z";|' \
        "$work/store.cfg"
}

# expect_failure CODE WORDS COMMAND...: ends with CODE and one sentence on stderr that has WORDS in it, and
# never with a crash.
expect_failure() {
    local code=$1 words=$2 status=0
    shift 2
    timeout 60 "$@" >"$work/stdout" 2>"$work/stderr" </dev/null || status=$?
    if grep -qE 'Sanitizer|runtime error' "$work/stderr"; then
        cat "$work/stderr" >&2
        fail "a sanitizer spoke up: $*"
    fi
    [ "$status" = "$code" ] || {
        cat "$work/stderr" >&2
        fail "exit code $status instead of $code: $*"
    }
    grep -qF -- "$words" "$work/stderr" || {
        cat "$work/stderr" >&2
        fail "stderr does not say \"$words\": $*"
    }
    printf 'ok: %s\n    %s\n' "$*" "$(grep -F -- "$words" "$work/stderr" | head -n 1)"
}
