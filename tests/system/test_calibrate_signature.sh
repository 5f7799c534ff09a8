#!/usr/bin/env bash
# A camera that was moved, blurred, covered or lit otherwise, made of a recording with people in it.
. "$(dirname "${BASH_SOURCE[0]}")/common.sh"
need_video
command -v ffmpeg >/dev/null || skip "no ffmpeg to make the pictures with"
ff=$build/floorfuse
cd "$work"
cp "$source/etc/demo/left.cfg" left.cfg
signature=("$ff" calibrate signature left.cfg)

# named FILE...: the options that name stills
named() { printf -- "--still %s " "$@"; }
stills() { ffmpeg -v error -i "$FLOORFUSE_VIDEO" -vf "$1" -vsync 0 "$2"; }

# Ten stills, 8 s apart, make it; the camera file stays as it was.
stills "select=not(mod(n\,80))" still%02d.png
# shellcheck disable=SC2046
"${signature[@]}" $(named still*.png) >made.txt
grep -q "saved as left.signature: 10 stills" made.txt || fail "$(cat made.txt)"
cmp -s left.cfg "$source/etc/demo/left.cfg" || fail "the camera file was touched"

# People walk: always the same.
stills "select=not(mod(n+17\,40))" people%02d.png
# shellcheck disable=SC2046
"${signature[@]}" --compare $(named people*.png) >same.txt || fail "a false alarm: $(cat same.txt)"
[ "$(grep -c ': same confidence=' same.txt)" = "$(ls people*.png | wc -l)" ] || fail "$(cat same.txt)"

now() { # the verdict wanted, what to do to the picture of frame 500
    rm -f now.png
    ffmpeg -v error -i "$FLOORFUSE_VIDEO" -vf "select=eq(n\,500),$2" -frames:v 1 now.png
    local status=0
    "${signature[@]}" --compare --still now.png >now.txt || status=$?
    grep -q "^now.png: $1 " now.txt || fail "$2 is not $1: $(cat now.txt)"
    [ "$status" = "$([ "$1" = same ] && echo 0 || echo 1)" ] || fail "exit $status for $1"
}
moved() { # pixels right and down, to within 1.5
    now moved "format=rgb24,pad=868:676:$((50 + $1)):$((50 + $2)),crop=768:576:50:50"
    awk -v x="$1" -v y="$2" -F'shift_px=|,| turn' '{
        exit !($2 - x < 1.5 && x - $2 < 1.5 && $3 - y < 1.5 && y - $3 < 1.5) }' now.txt ||
        fail "moved by $1 $2: $(cat now.txt)"
}
moved 3 0
moved 0 -3
moved -8 5
moved 20 -12
now moved "format=rgb24,rotate=PI/180"
now defocused "gblur=sigma=2"
now dirty "drawbox=0:0:384:576:gray:fill"
now dirty "format=rgb24,split[a][b];[b]crop=300:300:300:200,gblur=sigma=12[c];[a][c]overlay=300:200"
now different "hflip"
now dark "format=rgb24,lutrgb=r=val*0.02:g=val*0.02:b=val*0.02"
now washed-out "format=rgb24,lutrgb=r=200+val*0.15:g=200+val*0.15:b=200+val*0.15"
now covered "drawbox=0:0:768:576:gray:fill"
for gain in 0.6 1.5; do
    now same "format=rgb24,lutrgb=r=clip(val*$gain\,0\,255):g=clip(val*$gain\,0\,255):b=clip(val*$gain\,0\,255)"
done
now same "eq=gamma=1.6"
now same "eq=gamma=0.6"
now same "noise=alls=20:allf=t"
ffmpeg -v error -i still07.png -q:v 12 poor.jpg && ffmpeg -v error -i poor.jpg poor.png
"${signature[@]}" --compare --still poor.png >now.txt || fail "JPEG: $(cat now.txt)"

# Bad input is named.
refuse() { # words, then arguments
    local words=$1
    shift
    if "${signature[@]}" "$@" >out.txt 2>err.txt; then fail "taken: $*"; fi
    grep -q -- "$words" err.txt || fail "no \"$words\" in: $(cat err.txt)"
}
refuse "make it first" --compare --out nowhere.signature --still now.png
refuse "neither cropped nor scaled" --still "$source/tests/fuzz/seeds/png/grey-1bit.png"
refuse "nowhere.png" --still nowhere.png
refuse "needed and not given: --still"
sed 's/    edges = "..../    edges = "zzzz/' left.signature >bad.signature
refuse "blocks.edges is not 144 numbers" --compare --out bad.signature --still now.png
echo '# looked after' >>left.cfg
"${signature[@]}" --compare --still still03.png >now.txt || fail "another version is not another picture"
grep -q "warning: left.signature was taken under calibration" now.txt || fail "$(cat now.txt)"
