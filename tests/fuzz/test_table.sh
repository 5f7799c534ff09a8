#!/usr/bin/env bash
# Each fuzz target has a row in docs/fuzzing.md, and seeds. Usage: test_table.sh SOURCE_FOLDER
set -euo pipefail
cd "$1"

failed=0
while read -r name; do
    if ! grep -q "^|.*\`$name\`" docs/fuzzing.md; then
        echo "test_table: docs/fuzzing.md has no row with \`$name\`; say what it reads" >&2
        failed=1
    fi
    if [ -z "$(ls -A "tests/fuzz/seeds/$name" 2>/dev/null)" ]; then
        echo "test_table: tests/fuzz/seeds/$name has no seed; a few by hand will do" >&2
        failed=1
    fi
done < <(tools/fuzz --list)
exit "$failed"
