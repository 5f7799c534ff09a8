#!/usr/bin/env bash
# The alert rules name only metrics that there are, and promtool likes them, where it is installed (Debian's
# package prometheus).
. "$(dirname "${BASH_SOURCE[0]}")/common.sh"
rules=$source/etc/alerts/floorfuse.rules.yml

"$build/floorfuse" check --metrics >"$work/metrics.md"
grep -oE 'floorfuse_[a-z0-9_]+' "$rules" | sort -u >"$work/named"
[ "$(wc -l <"$work/named")" -ge 10 ] || fail "the rules name only $(wc -l <"$work/named") metrics"
while read -r name; do
    grep -qF "| \`$name\` |" "$work/metrics.md" || fail "the rules name $name, which is no metric"
done <"$work/named"

promtool=${PROMTOOL:-$(command -v promtool || true)}
[ -n "$promtool" ] || { echo "promtool is not here; the rules were not evaluated"; exit 0; }
"$promtool" check rules "$rules"
cp "$rules" "$source/tests/data/alerts_test.yml" "$work/"
cd "$work"
"$promtool" test rules alerts_test.yml
