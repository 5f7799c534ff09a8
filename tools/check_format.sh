#!/usr/bin/env bash
# Hold every source to .clang-format. Exit code 1 when a file would change, 77 without clang-format.
# To format: git ls-files '*.c' '*.h' '*.cpp' | xargs clang-format -i
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

# Layout differs between versions: Debian 12 has 14.
formatter=$(command -v clang-format-14 || command -v clang-format || true)
if [ -z "$formatter" ]; then
    echo "check_format: clang-format is not installed (apt-get install clang-format)" >&2
    exit 77
fi
version=$("$formatter" --version | sed -n 's/.*version \([0-9]*\).*/\1/p')
if [ "$version" != 14 ]; then
    echo "check_format: clang-format 14 is needed, this is $version" >&2
    exit 77
fi

# Files not yet added count too; deleted ones do not.
mapfile -d '' -t files < <(git ls-files -z --cached --others --exclude-standard -- '*.c' '*.h' '*.cpp')
present=()
for file in "${files[@]}"; do
    [ -f "$file" ] && present+=("$file")
done
[ ${#present[@]} -gt 0 ] || { echo "check_format: there are no sources" >&2; exit 1; }
exec "$formatter" --dry-run -Werror --style=file "${present[@]}"
