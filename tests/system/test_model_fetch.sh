#!/usr/bin/env bash
# floorfuse model fetch over HTTP, from a server on the loopback: files come whole or not at all.
. "$(dirname "${BASH_SOURCE[0]}")/common.sh"
ff=$build/floorfuse
cd "$work"
export FLOORFUSE_MODELS=$work/nothing

mkdir site
printf 'cfg\n' >site/a.cfg
printf 'weights\n' >site/a.weights
cfg_sum=$(sha256sum <site/a.cfg | cut -d' ' -f1) weights_sum=$(sha256sum <site/a.weights | cut -d' ' -f1)

coproc SERVER { exec /usr/bin/python3 -u -m http.server 0 --bind 127.0.0.1 --directory site 2>/dev/null; }
server=$SERVER_PID
trap 'status=$?; set +e; kill "$server" 2>/dev/null; (exit "$status"); cleanup' EXIT
read -r -t 20 words <&"${SERVER[0]}" || fail "the server did not start"
port=$(sed -n 's/.* port \([0-9]*\) .*/\1/p' <<<"$words")

# catalogue ADDRESS [MIRROR]
catalogue() {
    local mirror=
    [ $# = 1 ] || mirror="mirror = \"$2\";"
    cat >models.cfg <<END
models = ( { name = "a"; licence = "none"; classes = "person"; address = "$1"; $mirror
    cfg = "a.cfg"; cfg_sha256 = "$cfg_sum"; weights = "a.weights"; weights_sha256 = "$weights_sum"; } );
END
}

fetch() { "$ff" model fetch --catalogue models.cfg --dest "$1" a; }

catalogue "http://127.0.0.1:$port/"
[ "$(fetch one)" = one/a/a.cfg ] || fail "the path of the model is not printed"
cmp site/a.weights one/a/a.weights
[ "$(cat one/a/a.names)" = person ] || fail "there are no names"
"$ff" model list --catalogue models.cfg --dest one | grep -q '^a .* here ' || fail "the list does not have it"

# Not there: the mirror has it.
catalogue "http://127.0.0.1:$port/absent/" "http://127.0.0.1:$port/"
fetch two >/dev/null 2>words || fail "the mirror was not asked: $(cat words)"
grep -q 404 words || fail "the server's answer is not told"

# Another file under that name: refused, and nothing of it stays.
catalogue "http://127.0.0.1:$port/"
printf 'weights, but others\n' >site/a.weights
if fetch three >/dev/null 2>words; then
    fail "a wrong file was taken"
fi
grep -q "a.weights has SHA-256" words || fail "the sum is not told: $(cat words)"
[ ! -e three/a/a.weights ] || fail "a wrong file was kept"

# Nobody answers.
kill "$server"
wait "$server" 2>/dev/null || true
if fetch four >/dev/null 2>words; then
    fail "a file came from nowhere"
fi
grep -q "put it into four/a" words || fail "the remedy is not told: $(cat words)"
