#!/usr/bin/env bash
# The service units are ones that systemd understands, and leave an attacker little: systemd-analyze has an opinion
# from 0 (nothing) to 10 (everything), and each unit a bound.
. "$(dirname "${BASH_SOURCE[0]}")/common.sh"
command -v systemd-analyze >/dev/null || skip "systemd-analyze is not here; install systemd"
systemd-analyze security --help | grep -q -- --offline || skip "this systemd-analyze cannot judge offline; 250 can"

cp "$source"/etc/systemd/*.service "$work/"
sed -i "s|/usr/bin/floorfuse|$build/floorfuse|" "$work"/*.service
cd "$work"

# bound UNIT INSTANCE TENTHS
bound() {
    local unit=$1@$2.service
    cp "$1@.service" "$unit"
    systemd-analyze verify --man=no "$work/$unit" 2>verify || true
    # What this machine lacks, such as a target, is none of ours.
    ! grep -F "$unit" verify | grep -v 'Failed to create\|not found' || fail "$unit is not understood"
    systemd-analyze security --offline=yes --threshold="$3" "$work/$unit" >judgement ||
        { cat judgement >&2; fail "$unit is more exposed than $3 tenths"; }
    grep 'Overall exposure' judgement | sed "s|^[^O]*|$unit: |"
}
bound floorfuse market-street 14
bound floorfuse-fusion market-street 14
bound floorfuse-camera left 14

# A typing mistake is found: this test would notice.
sed 's/^ProtectSystem=strict/ProtectSystme=strict/' floorfuse@.service >floorfuse-typo@x.service
systemd-analyze verify --man=no "$work/floorfuse-typo@x.service" 2>verify || true
grep -q ProtectSystme verify || fail "systemd-analyze verify does not see a wrong key: $(cat verify)"

# What a device needs.
mkdir -p floorfuse-camera@till.service.d
cp floorfuse-camera@.service floorfuse-camera@till.service
cp "$source/etc/systemd/floorfuse-camera-device.conf" floorfuse-camera@till.service.d/
systemd-analyze verify --man=no "$work/floorfuse-camera@till.service" 2>verify || true
! grep -F floorfuse-camera-device.conf verify || fail "the drop-in is not understood"
