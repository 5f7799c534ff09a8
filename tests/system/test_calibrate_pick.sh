#!/usr/bin/env bash
# Points marked in a real browser make a camera file; what came of it is drawn.
. "$(dirname "${BASH_SOURCE[0]}")/common.sh"
ff=$build/floorfuse
cd "$work"

# A plan, 40 px a metre, and the same picture as the camera's: straight from above.
"$ff" plan --config "$source/etc/demo/store.cfg" --out plan.png
plan=(--plan plan.png --metres-per-pixel 0.025)

"$ff" calibrate pick --still plan.png "${plan[@]}" --camera top --out page.html >words.txt
grep -q "keep it where such pictures may be kept" words.txt || fail "no word about the picture: $(cat words.txt)"
[ "$(stat -c %a page.html)" = 600 ] || fail "others can read the page"
# One file that needs no other.
! grep -oE '(src|href)="[^"]+"|url\(|https?:' page.html | grep -v '^src="data:' || fail "the page asks for something else"

mkdir downloads
status=0
timeout 120 /usr/bin/python3 "$source/tests/system/pick_page.py" "$work/page.html" "$work/downloads" || status=$?
[ "$status" != 77 ] || skip "Chromium and Selenium are not installed"
[ "$status" = 0 ] || fail "the page"

# The wrong pair is found, the others make the camera, and the page takes the points up again.
"$ff" calibrate fit --camera top --image 1080 1200 --points downloads/points.csv --out top.cfg >report.txt ||
    fail "no camera: $(cat report.txt)"
grep -q 'points.csv:6 (spot 5, "near") does not agree' report.txt || fail "the wrong pair is not named: $(cat report.txt)"
"$ff" calibrate pick --still plan.png "${plan[@]}" --camera top --points downloads/points.csv --out page.html >/dev/null
grep -q '"spot 5, \\"near\\""' page.html || fail "the points are not in the page"

# Laid over the plan.
"$ff" calibrate pick --still plan.png "${plan[@]}" --camera top --draw top.cfg --out drawn.png
[ -s drawn.png ] || fail "nothing was drawn"

expect_failure 2 "needed and not given: --still" "$ff" calibrate pick --out x.html
expect_failure 1 "needs its scale" "$ff" calibrate pick --still plan.png --plan plan.png --out x.html
expect_failure 1 "could not open" "$ff" calibrate pick --still nowhere.png --out x.html
[ ! -e x.html ] || fail "a page was written all the same"
