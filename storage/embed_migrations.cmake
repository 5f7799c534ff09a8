# Turn SQL files into one C source.
#   cmake "-DFILES=a.sql;b.sql" -DOUT=migrations.c -P embed_migrations.cmake
# The files must be numbered 0001, 0002 and so on without a hole, in the order given.
set(arrays "")
set(table "")
set(number 0)
foreach(file ${FILES})
    math(EXPR number "${number} + 1")
    get_filename_component(base ${file} NAME_WE)
    if(NOT base MATCHES "^([0-9][0-9][0-9][0-9])_([a-z0-9_]+)$")
        message(FATAL_ERROR "${file}: a migration is named NNNN_name.sql")
    endif()
    set(digits ${CMAKE_MATCH_1})
    set(name ${CMAKE_MATCH_2})
    math(EXPR version "1${digits} - 10000") # a leading 0 is no octal number here
    if(NOT version EQUAL number)
        message(FATAL_ERROR "${file}: expected migration number ${number} here")
    endif()
    file(READ ${file} bytes HEX)
    # A line of SQL is a line of numbers; the NUL makes it a string.
    string(REGEX REPLACE "([0-9a-f][0-9a-f])" "0x\\1," bytes "${bytes}")
    string(REPLACE "0x0a," "0x0a,\n    " bytes "${bytes}")
    string(APPEND arrays "static const unsigned char sql_${digits}[] = {\n    ${bytes}0x00\n};\n\n")
    string(APPEND table "    { ${version}, \"${name}\", (const char *) sql_${digits}, sizeof sql_${digits} - 1 },\n")
endforeach()
file(WRITE ${OUT} "/* Made from sql/migrations by storage/embed_migrations.cmake; edits are lost. */
#include \"storage/migrations.h\"

${arrays}const struct migration migrations[] = {
${table}};

const int migration_count = ${number};
")
