#!/usr/bin/env bash
# Models that are none: each is refused in one sentence, and no engine ever sees it.
. "$(dirname "${BASH_SOURCE[0]}")/common.sh"
ff=$build/floorfuse
cd "$work"

# A small network of the usual layers: 3 x 4 x 9 + 4 x 4 = 124, 4 x 9 + 16 = 52, 4 x 18 + 18 = 90.
cat >good.cfg <<'END'
[net]
width=64
height=64
channels=3
[convolutional]
batch_normalize=1
filters=4
size=3
stride=2
pad=1
activation=leaky
[maxpool]
size=2
stride=2
[convolutional]
batch_normalize=1
filters=4
groups=4
size=3
stride=1
pad=1
activation=linear
[shortcut]
from=-2
activation=linear
[convolutional]
filters=18
size=1
activation=linear
[yolo]
mask=0,1,2
anchors=4,6, 8,12, 16,24
classes=1
num=3
END
parameters=$((124 + 52 + 90))
header() { printf '\0\0\0\0\2\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0'; }
{ header; head -c $((4 * parameters)) /dev/zero; } >good.weights
printf 'person\n' >good.names
"$ff" model check good.cfg >/dev/null || fail "a good model is refused"
# Which engines run it, and the line of what the library of 2018 does not know.
sed 's/activation=leaky/activation=mish/' good.cfg >mish.cfg
"$ff" model info mish.cfg | grep '^engines: ' >engines
if grep -q darknet engines; then
    grep -q 'darknet not (line 5: mish)' engines || fail "what darknet lacks is not told: $(cat engines)"
fi

# refused WORDS COMMAND...: exit code 1, one line on stderr that has the words
refused() {
    local words=$1 status=0
    shift
    "$@" >out 2>err || status=$?
    [ "$status" = 1 ] || fail "$*: exit code $status, $(cat err)"
    [ "$(grep -c . err)" = 1 ] || fail "$*: not one sentence: $(cat err)"
    grep -qF -- "$words" err || fail "$*: \"$(cat err)\" does not say \"$words\""
}

head -c 100 good.weights >short.weights
{ cat good.weights; printf 'more'; } >long.weights
{ header; head -c $((4 * parameters)) /dev/zero | tr '\0' '\377'; } >nan.weights
{ printf '\1'; tail -c +2 good.weights; } >other.weights
printf '# a text\n' >text.weights
printf 'cat\n' >cat.names
printf 'person\nhead\n' >two.names
refused "is truncated or belongs to another .cfg" "$ff" model check --weights short.weights good.cfg
refused "needs only" "$ff" model check --weights long.weights good.cfg
refused "is not a number" "$ff" model check --weights nan.weights good.cfg
refused "is not a Darknet .weights file" "$ff" model check --weights other.weights good.cfg
refused "is not a Darknet .weights file" "$ff" model check --weights text.weights good.cfg
refused "/dev/null is not a regular file" "$ff" model check --weights /dev/null good.cfg
refused "/dev/null is not a regular file" "$ff" model check /dev/null
refused "neither a [section] nor key=value" "$ff" model check two.names
refused "is not a text" "$ff" model check good.weights
refused "SHA-256" "$ff" model check --sha256 00 good.cfg
refused "names no class" "$ff" model check --names cat.names good.cfg
refused "has 2 names" "$ff" model check --names two.names good.cfg
refused "No such file" "$ff" model check absent.cfg
sed 's/maxpool/crnn/' good.cfg >unknown.cfg
refused "unknown.cfg:12: layer [crnn] is not supported" "$ff" model info unknown.cfg
sed 's/groups=4/dilation=4/' good.cfg >dilated.cfg
refused "dilation" "$ff" model info dilated.cfg
refused "no model of that name" "$ff" model fetch --dest "$work/cache" nobody

# A hundred networks that a slip of the pen, or of the disk, made: understood, or refused in one sentence.
lines=$(wc -l <good.cfg) refusals=0
for ((seed = 1; seed <= 100; seed++)); do
    awk -v seed="$seed" -v lines="$lines" 'BEGIN { srand(seed); at = 1 + int(rand() * lines); how = int(rand() * 5) }
        NR != at { print; next }
        how == 0 { next }                                         # a line is lost
        how == 1 { print; print; next }                           # or twice there
        how == 2 { sub(/=.*/, "=" int((rand() - 0.5) * 1e6)); print; next }
        how == 3 { print substr($0, 1, int(rand() * length($0))); next }
        { at = 1 + int(rand() * length($0)); print substr($0, 1, at - 1) sprintf("%c", 33 + int(rand() * 90)) substr($0, at + 1) }' \
        good.cfg >"damaged.cfg"
    cp good.names damaged.names
    status=0
    "$ff" model check --weights good.weights damaged.cfg >out 2>err || status=$?
    case $status in
        0) ;;
        1)
            [ "$(grep -c . err)" = 1 ] || fail "network $seed: not one sentence: $(cat err)"
            refusals=$((refusals + 1))
            ;;
        *) fail "network $seed: exit code $status: $(cat err)" ;;
    esac
done
printf '%d of 100 damaged networks were refused\n' "$refusals"
[ "$refusals" -ge 50 ] || fail "too few were refused"
