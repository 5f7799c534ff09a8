#!/usr/bin/env bash
# floorfuse calibrate import: every format becomes a camera file that check takes, and bad input writes nothing.
. "$(dirname "${BASH_SOURCE[0]}")/common.sh"
ff=$build/floorfuse
data=$source/../shared/data
in=$work/in
out=$work/out
mkdir "$in" "$out"

# import ARGUMENTS...: must do; what it says is in $work/said
import() {
    "$ff" calibrate import "$@" >"$work/said" 2>"$work/stderr" </dev/null || {
        cat "$work/stderr" >&2
        fail "could not import: $*"
    }
    printf 'ok: %s\n' "$*"
}

# says WORDS: the last import did
says() {
    grep -qF -- "$1" "$work/said" || {
        cat "$work/said" >&2
        fail "the import does not say \"$1\""
    }
}

# holds FILE WORDS: a written file does
holds() {
    grep -qF -- "$2" "$1" || {
        cat "$1" >&2
        fail "$1 does not hold \"$2\""
    }
}

# refuse CODE WORDS ARGUMENTS...: fails, and the file that was there stays as it was
refuse() {
    local code=$1 words=$2
    shift 2
    printf 'precious\n' >"$out/kept.cfg"
    expect_failure "$code" "$words" "$ff" calibrate import --out "$out/kept.cfg" "$@"
    [ "$(cat "$out/kept.cfg")" = precious ] || fail "a refused import has overwritten a file: $*"
}

# The same camera in two files, 3 m above (1, 2) of its world and looking straight down, in centimetres.
cat >"$in/lens.yml" <<'EOF'
%YAML:1.0
---
image_width: 1280
image_height: 720
camera_matrix: !!opencv-matrix
   rows: 3
   cols: 3
   dt: d
   data: [ 1000., 0., 639.5, 0., 1000., 359.5, 0., 0., 1. ]
distortion_coefficients: !!opencv-matrix
   rows: 5
   cols: 1
   dt: d
   data: [ -0.1, 0.01, 0., 0., 0. ]
EOF
cat >"$in/pose.xml" <<'EOF'
<?xml version="1.0"?>
<opencv_storage>
<R type_id="opencv-matrix"><rows>3</rows><cols>3</cols><dt>d</dt>
  <data>1. 0. 0. 0. -1. 0. 0. 0. -1.</data></R>
<T type_id="opencv-matrix"><rows>3</rows><cols>1</cols><dt>d</dt>
  <data>-100. 200. 300.</data></T>
</opencv_storage>
EOF
import "$in/lens.yml" --extrinsics "$in/pose.xml" --units cm --author 'M. Ladder' --note 'aisle 3' \
    --out "$out/aisle.cfg"
says 'x 1.00 m, y 2.00 m, 3.00 m above the floor; looks 90.0 degrees down'
says 'focal    1000.0 x 1000.0 px, centre (640.0, 360.0) px'
holds "$out/aisle.cfg" 'M. Ladder'
holds "$out/aisle.cfg" 'aisle 3'
holds "$out/aisle.cfg" 'k1 = -0.1'
import "$in/lens.yml" --extrinsics "$in/pose.xml" --units cm --rotate 90 --origin -10 20 --out "$out/aisle.cfg"
says 'x -12.00 m, y 21.00 m, 3.00 m above the floor'

# Matrices
printf '# px to cm\n1, 0, -500\n0, -1, 800\n0, 0, 1\n' >"$in/plan.txt"
import "$in/plan.txt" --units cm --image 1000 600 --pixel-centre 0.5 --out-dir "$out/plans"
says '3x3 matrix of the floor'
holds "$out/plans/plan.cfg" 'floor_from_image'
printf '1 0 500\n0 -1 800\n0 0 1\n' >"$in/inverse.txt"
import "$in/inverse.txt" --inverse --units cm --image 1000x600 --pixel-centre 0.5 --camera hall \
    --out-dir "$out/plans"
diff <(grep -A4 floor_from_image "$out/plans/plan.cfg") <(grep -A4 floor_from_image "$out/plans/hall.cfg") ||
    fail 'a map and its inverse are not the same camera'
printf '1000 0 -640 920\n0 -1000 -360 3080\n0 0 -1 3\n' >"$in/projection.txt"
import "$in/projection.txt" --units m --image 1280 720 --pixel-centre 0.5 --out "$out/projection.cfg"
says '3x4 projection matrix'
says 'x 1.00 m, y 2.00 m, 3.00 m above the floor'

# A folder as MultiviewX has it: known to be in metres and 1920 x 1080
mv=$in/MultiviewX/calibrations
mkdir -p "$mv/intrinsic" "$mv/extrinsic"
for i in 1 2; do
    cat >"$mv/intrinsic/intr_Camera$i.xml" <<'EOF'
<?xml version="1.0"?><opencv_storage>
<camera_matrix type_id="opencv-matrix"><rows>3</rows><cols>3</cols><dt>d</dt>
<data>1700 0 959.5 0 1700 539.5 0 0 1</data></camera_matrix>
<distortion_coefficients type_id="opencv-matrix"><rows>5</rows><cols>1</cols><dt>d</dt>
<data>0 0 0 0 0</data></distortion_coefficients></opencv_storage>
EOF
    printf '<?xml version="1.0"?><opencv_storage><rvec>3.14159265358979 0 0</rvec><tvec>-%d 2 4</tvec></opencv_storage>\n' \
        "$i" >"$mv/extrinsic/extr_Camera$i.xml"
done
import "$in/MultiviewX" --out-dir "$out/mv"
says 'x 1.00 m, y 2.00 m, 4.00 m above the floor'
says 'x 2.00 m, y 2.00 m, 4.00 m above the floor'
[ "$(ls "$out/mv")" = $'camera1.cfg\ncamera2.cfg' ] || fail 'not two files, named by camera'
import "$in/MultiviewX" --camera camera2 --out "$out/second.cfg"
diff "$out/mv/camera2.cfg" "$out/second.cfg" || fail 'one camera of a folder is not the same'

# Bad usage
refuse 2 'needed and not given: SOURCE'
refuse 2 'say where to' "$in/lens.yml" --out-dir "$out"
refuse 2 'unit "inch" is not known' "$in/lens.yml" --units inch
refuse 2 'left-handed' "$in/lens.yml" --axes x,y,-z
refuse 2 'format "blender" is not known' "$in/lens.yml" --format blender
refuse 2 '--image "0": give 2 whole numbers' "$in/lens.yml" --image 0 720
refuse 2 '--pixel-centre 0.25: it is 0 or 0.5' "$in/lens.yml" --pixel-centre 0.25
refuse 2 'camera "../x"' "$in/lens.yml" --camera ../x

# Bad input
refuse 1 "$in/none.yml" "$in/none.yml"
refuse 1 'no pose' "$in/lens.yml" --units cm
refuse 1 'give --units mm, cm or m' "$in/lens.yml" --extrinsics "$in/pose.xml"
refuse 1 'Does --axes name the axis that points up' "$in/lens.yml" --extrinsics "$in/pose.xml" --units cm --axes x,-y,-z
printf '1000 0 640 920\n0 1000 360 -920\n0 0 1 3\n' >"$in/down.txt"
refuse 1 'give --axes x,-y,-z' "$in/down.txt" --units m --image 1280 720
refuse 1 'not of 640 x 480' "$in/lens.yml" --extrinsics "$in/pose.xml" --units cm --image 640 480
head -c 120 "$in/lens.yml" >"$in/cut.yml"
refuse 1 "$in/cut.yml:5: camera_matrix: its rows and cols" "$in/cut.yml" --extrinsics "$in/pose.xml" --units cm
head -c 120 "$in/pose.xml" >"$in/cut.xml"
refuse 1 "$in/cut.xml:4: is not whole XML" "$in/lens.yml" --extrinsics "$in/cut.xml" --units cm
sed 's/1000., 0., 639.5/1000., nan, 639.5/' "$in/lens.yml" >"$in/bad.yml"
refuse 1 "$in/bad.yml:5: camera_matrix: number 2 is not finite" "$in/bad.yml" --extrinsics "$in/pose.xml" --units cm
sed 's/rows: 5/rows: 4/' "$in/lens.yml" >"$in/bad.yml"
refuse 1 "$in/bad.yml:10: distortion_coefficients: its rows and cols" "$in/bad.yml" \
    --extrinsics "$in/pose.xml" --units cm
printf '1 2 3\n4 five 6\n7 8 9\n' >"$in/bad.txt"
refuse 1 "$in/bad.txt:2: \"five\" is not a number" "$in/bad.txt" --units m --image 1280 720
printf '1 0 -500\n0 1 -800\n0 0 1\n' >"$in/mirrored.txt"
refuse 1 'mirror' "$in/mirrored.txt" --units cm --image 1000 600
refuse 1 'give --image W H' "$in/plan.txt" --units cm
refuse 1 'not a calibration folder' "$in" --format wildtrack
refuse 1 '2 cameras and --out is one file' "$in/MultiviewX"
rm "$mv/intrinsic/intr_Camera2.xml"
expect_failure 1 'intr_Camera2.xml belongs to' "$ff" calibrate import "$in/MultiviewX" --out-dir "$out/none"
[ ! -e "$out/none" ] || fail 'a refused folder was written in part'
[ -z "$(find "$out" -name '*.tmp*' -o -name '.*' -type f)" ] || fail 'files were left behind'

# Options that would do nothing, and the one file that must not be replaced
refuse 1 '--inverse goes with 3x3 matrices' "$in/lens.yml" --extrinsics "$in/pose.xml" --inverse
refuse 1 '--extrinsics goes with OpenCV files' "$in/plan.txt" --extrinsics "$in/pose.xml"
refuse 1 '--number goes with OpenCV files' "$in/plan.txt" --number 2
cp "$in/plan.txt" "$in/plan.cfg"
expect_failure 1 'is what is imported' "$ff" calibrate import "$in/plan.cfg" --units cm --image 1000 600 --out-dir "$in"
cmp "$in/plan.txt" "$in/plan.cfg" || fail 'the source was overwritten'

# Published calibrations, where they are
if [ -f "$data/pets2009/calibration/View_001.xml" ]; then
    make_store
    import "$data/pets2009/calibration/View_001.xml" --origin 13.0 26.9 --rotate 54.35 --out "$work/left.cfg"
    says "agrees with Tsai's own formula to within 0.0002 px"
    says 'x 12.00 m, y -8.00 m, 7.07 m above the floor'
    # The recording may not be here; of the camera file nothing is to be said.
    "$ff" check --config "$work/store.cfg" >"$work/said" 2>&1 || true
    ! grep -F left.cfg "$work/said" || fail 'check does not take the imported camera'
    refuse 1 'to within 0.100 px only' "$data/pets2009/calibration/View_002.xml"
    refuse 1 'folds inside the picture' "$data/pets2009/calibration/View_007.xml"
    for view in "$data"/pets2009/calibration/View_00?.xml; do
        import "$view" --lens-tolerance 0.7 --out-dir "$out/pets"
    done
    [ "$(find "$out/pets" -name '*.cfg' | wc -l)" = 8 ] || fail 'not eight views'
fi
if [ -d "$data/wildtrack/calibrations" ]; then
    import "$data/wildtrack" --out-dir "$out/wildtrack"
    import "$data/wildtrack/calibrations" --intrinsics original --out-dir "$out/original"
    [ "$(ls "$out/wildtrack" | wc -l)$(ls "$out/original" | wc -l)" = 77 ] || fail 'not seven cameras'
fi
