# Turn the statements of storage/queries into one C source: the table of queries.h.
#   cmake "-DFILES=a.sql;b.sql" -DHEADER=queries.h -DOUT=queries.c -P embed_queries.cmake
# A statement is headed by a comment "-- name: what it is for", which follows an empty line, and ends with a semicolon
# at the end of a line; it has no empty line in it. The server gets neither the semicolon nor lines of comment.
# The files and the enum of the header must name the same statements.
cmake_minimum_required(VERSION 3.25)

# The highest n of $n.
function(count_parameters sql ret_count)
    set(count 0)
    string(REGEX MATCHALL "[$][0-9]+" used "${sql}")
    foreach(parameter IN LISTS used)
        string(SUBSTRING "${parameter}" 1 -1 n)
        if(n GREATER count)
            set(count ${n})
        endif()
    endforeach()
    set(${ret_count} ${count} PARENT_SCOPE)
endfunction()

# A line of the text is a line of the literal.
function(quote text ret_literal)
    string(REPLACE "\\" "\\\\" text "${text}")
    string(REPLACE "\"" "\\\"" text "${text}")
    string(REPLACE "\n" "\\n\"\n      \"" text "${text}")
    set(${ret_literal} "\"${text}\"" PARENT_SCOPE)
endfunction()

function(fail sentence)
    message(FATAL_ERROR "${file}:${number}: ${sentence}")
endfunction()

file(STRINGS ${HEADER} missing REGEX "^    QUERY_[A-Z0-9_]+,") # QUERY_COUNT, the last, has no comma
list(TRANSFORM missing REPLACE "^ *([A-Z0-9_]+),.*" "\\1")
set(found "")
set(table "")

# CMake's lists would trip over the semicolons and brackets of SQL, so a file stays one string.
foreach(file ${FILES})
    file(READ ${file} text)
    string(APPEND text "\n\n")
    set(number 0) # of the line
    set(above "")
    set(name "") # of the statement we are in
    while(NOT text STREQUAL "")
        string(FIND "${text}" "\n" end)
        string(SUBSTRING "${text}" 0 ${end} line)
        math(EXPR end "${end} + 1")
        string(SUBSTRING "${text}" ${end} -1 text)
        math(EXPR number "${number} + 1")

        if(line STREQUAL "")
            if(NOT name STREQUAL "")
                fail("statement ${name} does not end with a semicolon")
            endif()
        elseif(above STREQUAL "" AND line MATCHES "^-- ([a-z0-9_]+): (.+)$")
            set(name ${CMAKE_MATCH_1})
            set(what "${CMAKE_MATCH_2}")
            set(sql "")
            string(TOUPPER QUERY_${name} id)
            if(id IN_LIST found)
                fail("there is a statement ${name} already")
            elseif(NOT id IN_LIST missing)
                fail("the enum of ${HEADER} has no ${id}")
            endif()
            list(REMOVE_ITEM missing ${id})
            list(APPEND found ${id})
        elseif(line MATCHES "^ *--")
            # words for people
        elseif(name STREQUAL "")
            fail("a statement is headed by a comment, -- name: what it is for")
        elseif(line MATCHES "^(.*);$")
            string(APPEND sql "${CMAKE_MATCH_1}")
            count_parameters("${sql}" parameters)
            quote("${what}" what)
            quote("${sql}" sql)
            string(APPEND table "    [${id}] = { \"${name}\", ${what}, ${parameters},\n      ${sql} },\n")
            set(name "")
        else()
            string(APPEND sql "${line}\n")
        endif()
        set(above "${line}")
    endwhile()
endforeach()
if(missing)
    list(GET missing 0 id)
    message(FATAL_ERROR "${HEADER}: ${id} has no statement in storage/queries")
endif()

count_parameters("${table}" most)

file(WRITE ${OUT} "/* Made from storage/queries by storage/embed_queries.cmake; edits are lost. */
#include \"storage/queries.h\"

#include <assert.h>

static_assert(${most} <= QUERY_PARAMETERS_MAX, \"a statement takes ${most} parameters\");

const struct query queries[QUERY_COUNT] = {
${table}};
")
