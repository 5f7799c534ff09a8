#!/usr/bin/env bash
# Hold the sources to docs/layers.txt: who may include whom, and which folders may use which library.
# Usage: tools/check_layers.sh [ROOT]. Prints FILE:LINE of each offence; exit code 1 when there is one.
set -euo pipefail
cd "${1:-$(dirname "${BASH_SOURCE[0]}")/..}"
table=docs/layers.txt
[ -r "$table" ] || { echo "check_layers: could not read $table" >&2; exit 1; }

# tests/ may include everything; the others left out hold no sources of ours.
sources() {
    find . \( -path './.*' -o -path ./build -o -path ./out -o -path ./var -o -path ./tests -o -path ./examples \) \
        -prune -o -type f -path './*/*' \( -name '*.c' -o -name '*.h' -o -name '*.cpp' \) -print0 |
        LC_ALL=C sort -z
}

[ -n "$(sources | tr '\0' '\n')" ] || { echo "check_layers: there are no sources" >&2; exit 1; }

sources | xargs -0 grep -nHE '^[[:space:]]*#[[:space:]]*include' | sed 's|^\./||' |
awk -v table="$table" '
# The headers of an outside library, as a pattern of the name between < > or quotes.
function headers(library) {
    if (library == "md") return "^(sha2|sha256|md5|ripemd)\\.h$"
    if (library == "zlib") return "^zlib\\.h$"
    if (library == "libconfig") return "^libconfig\\.h(\\+\\+)?$"
    if (library == "jansson") return "^jansson\\.h$"
    if (library == "png") return "^(libpng[0-9]*/)?png\\.h$"
    if (library == "cairo") return "^(cairo/)?cairo[^/]*\\.h$"
    if (library == "zmq") return "^(zmq|zmq_utils|czmq)\\.h$"
    if (library == "protobuf-c") return "(^protobuf-c/)|(\\.pb-c\\.h$)"
    if (library == "libav") return "^lib(av|sw)[a-z]*/"
    if (library == "curl") return "^curl/"
    if (library == "expat") return "^expat\\.h$"
    if (library == "yaml") return "^yaml\\.h$"
    if (library == "cminpack") return "^(cminpack-1/)?c?minpack\\.h$"
    if (library == "lapacke") return "^(lapacke|lapack|cblas)[a-z_]*\\.h$"
    if (library == "darknet") return "^darknet\\.h$"
    if (library == "dnnl") return "^(oneapi/dnnl/)?dnnl[a-z_]*\\.h(pp)?$"
    if (library == "opencv") return "^opencv(2|4)?/"
    if (library == "libpq") return "^(postgresql/)?(libpq-fe|libpq-events|pg_config|postgres_ext)\\.h$"
    if (library == "cbc") return "^(coin/)?(Cbc|Clp|Cgl|Coin|Osi)[A-Za-z_]*\\.h"
    if (library == "libmicrohttpd") return "^microhttpd\\.h$"
    if (library == "seccomp") return "^seccomp\\.h$"
    if (library == "libsodium") return "^sodium(\\.h$|/)"
    return ""
}

# Everything that a folder may include: what it names, and what those may.
function close_over(folder, from,   names, i, n) {
    n = split(direct[from], names, " ")
    for (i = 1; i <= n; i++)
        if (!((folder, names[i]) in allowed)) {
            allowed[folder, names[i]] = 1
            close_over(folder, names[i])
        }
}

function offence(place, words) {
    print place ": " words
    bad = 1
}

# FOLDER: FOLDERS | LIBRARIES
function read_table(   line, number, parts, sides, names, i, n) {
    while ((getline line < table) > 0) {
        number++
        sub(/#.*/, "", line)
        if (line !~ /[^ \t]/)
            continue
        if (line !~ /^[a-z0-9_-]+:/) {
            offence(table ":" number, "write FOLDER: FOLDERS | LIBRARIES")
            continue
        }
        split(line, parts, ":")
        n = split(parts[2], sides, "|")
        direct[parts[1]] = sides[1]
        where[parts[1]] = table ":" number
        uses[parts[1]] = n > 1 ? sides[2] : ""
    }
    close(table)
    for (folder in direct) {
        n = split(direct[folder], names, " ")
        for (i = 1; i <= n; i++)
            if (!(names[i] in direct))
                offence(where[folder], "folder " names[i] " has no line of its own")
        n = split(uses[folder], names, " ")
        for (i = 1; i <= n; i++) {
            if (headers(names[i]) == "")
                offence(where[folder], "library " names[i] " is not known to tools/check_layers.sh")
            allowed_library[folder, names[i]] = 1
        }
    }
    for (folder in direct) {
        close_over(folder, folder)
        if ((folder, folder) in allowed)
            offence(where[folder], folder " comes to include itself; layers must not run in circles")
        allowed[folder, folder] = 1
    }
    count = split("md libconfig jansson png cairo zmq protobuf-c libav expat yaml curl darknet opencv libpq cbc " \
                  "libmicrohttpd libsodium seccomp", libraries, " ")
}

BEGIN { read_table() }

# FILE:LINE:#include ...
{
    split($0, parts, ":")
    file = parts[1]
    place = file ":" parts[2]
    folder = file
    sub(/\/.*/, "", folder)
    if (!(folder in direct)) {
        if (!(folder in told))
            offence(place, "folder " folder "/ is not in " table)
        told[folder] = 1
        next
    }
    text = substr($0, length(place) + 2)
    if (!match(text, /["<][^">]+[">]/))
        next
    quoted = substr(text, RSTART, 1) == "\""
    name = substr(text, RSTART + 1, RLENGTH - 2)
    for (i = 1; i <= count; i++)
        if (name ~ headers(libraries[i]) && !((folder, libraries[i]) in allowed_library))
            offence(place, folder "/ may not use " libraries[i] " (" name ")")
    if (!quoted)
        next
    other = name
    if (!sub(/\/.*/, "", other) || !(other in direct))
        offence(place, "write \"" name "\" as \"folder/file.h\" with a folder of " table)
    else if (!((folder, other) in allowed))
        offence(place, folder "/ may not include " other "/ (" name ")")
}

END { exit bad }
'
