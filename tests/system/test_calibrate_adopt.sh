#!/usr/bin/env bash
# A proposed correction becomes a new version; the old one stays; nothing is taken twice.
. "$(dirname "${BASH_SOURCE[0]}")/common.sh"
ff=$build/floorfuse
cd "$work"
cp "$source/etc/demo/left.cfg" left.cfg
old=$(sha256sum left.cfg | cut -c1-64)
touch -d 2026-01-02T03:04:05Z left.cfg

# finding FILE VERSION CORRECTION
finding() {
    printf 'kind = "calibration-shift"; camera = "left"; calibration = "%s";\ncorrection = { %s };\n' \
        "$2" "$3" >"$1"
}
finding move.cfg "$old" 'dx_m = 0.25;'

"$ff" calibrate adopt move.cfg --calibration left.cfg --dry-run >dry.txt
[ "$(sha256sum left.cfg | cut -c1-64)" = "$old" ] || fail "a dry run changed the file"
"$ff" calibrate adopt move.cfg --calibration left.cfg --author Ann --valid-from 2026-11-23T09:00Z >out.txt
# Moved by 25 cm everywhere: median and largest shift are that.
grep -q "by 25.0 cm (median), at most 25.0 cm" out.txt || fail "$(cat out.txt)"
[ "$(sha256sum "left.${old:0:8}.cfg" | cut -c1-64)" = "$old" ] || fail "the old version is not kept"
"$ff" calibrate check left.cfg >check.txt
grep -q "^author: Ann$" check.txt || fail "no author: $(cat check.txt)"
grep -q "^valid from: 2026-11-23T09:00Z$" check.txt || fail "no time: $(cat check.txt)"

# The same finding again is about a version that is gone.
! "$ff" calibrate adopt move.cfg --calibration left.cfg >/dev/null 2>err.txt || fail "taken twice"
grep -q "judged against version ${old:0:8} of camera left, but left.cfg is version" err.txt || fail "$(cat err.txt)"

# The way back is a third version.
new=$(sha256sum left.cfg | cut -c1-64)
finding back.cfg "${new:0:12}" 'dx_m = -0.25;'
"$ff" calibrate adopt back.cfg --calibration left.cfg --note "back" >/dev/null
"$ff" calibrate history left.cfg >history.txt
[ "$(wc -l <history.txt)" = 3 ] || fail "not three versions: $(cat history.txt)"
head -n 1 history.txt | grep -q "in use.*back" || fail "$(cat history.txt)"
grep -q "^${old:0:8}.*left.${old:0:8}.cfg" history.txt || fail "$(cat history.txt)"

# The first version says no time of its own: it is as old as its file, not as its replacement.
grep -q "^${old:0:8}  2026-01-02T03:04:05Z " history.txt || fail "$(cat history.txt)"

# Bad findings change nothing.
before=$(sha256sum left.cfg)
refuse() { # words, finding
    ! "$ff" calibrate adopt "$2" --calibration left.cfg >/dev/null 2>err.txt || fail "taken: $2"
    grep -q -- "$1" err.txt || fail "no \"$1\" in: $(cat err.txt)"
    [ "$(sha256sum left.cfg)" = "$before" ] || fail "changed by $2"
}
now=$(sha256sum left.cfg | cut -c1-64)
finding bad.cfg "$now" 'dx_m = "far";'
refuse "bad.cfg:2" bad.cfg
finding bad.cfg "$now" 'dx = 1.0;'
refuse "bad.cfg:2" bad.cfg
finding bad.cfg "$now" 'floor_from_floor = ((1.1, 0.0, 0.0), (0.0, 1.0, 0.0), (0.0, 0.0, 1.0));'
refuse "bends the floor" bad.cfg
finding bad.cfg "$now" ''
refuse "moves nothing" bad.cfg
refuse "could not open" nowhere.cfg

# What lies where the old version would be kept is not written over.
finding again.cfg "$now" 'dx_m = 0.1;'
echo mine >"left.${now:0:8}.cfg"
refuse "holds something else; move that file away" again.cfg
[ "$(cat "left.${now:0:8}.cfg")" = mine ] || fail "somebody's file is gone"
