# floorfuse_folder(NAME SOURCES ... [USES folders and outside targets ...])
# One static library, linked with the layers it may use.
function(floorfuse_folder name)
    cmake_parse_arguments(ARG "" "" "SOURCES;USES" ${ARGN})
    add_library(${name} STATIC ${ARG_SOURCES})
    target_link_libraries(${name} PUBLIC floorfuse_flags ${ARG_USES})
endfunction()
