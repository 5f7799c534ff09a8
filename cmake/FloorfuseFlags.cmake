# The flags of our own code live on one INTERFACE target, floorfuse_flags.
add_library(floorfuse_flags INTERFACE)
target_include_directories(floorfuse_flags INTERFACE ${PROJECT_SOURCE_DIR} ${PROJECT_BINARY_DIR})
target_compile_features(floorfuse_flags INTERFACE c_std_17 cxx_std_17)
target_compile_definitions(floorfuse_flags INTERFACE _GNU_SOURCE)
target_compile_options(floorfuse_flags INTERFACE
    # Nobody reads errno after a square root, nor traps: it can be one instruction.
    -fno-math-errno -fno-trapping-math
    # Rows of option tables leave out the fields at their end, which are 0 then.
    -Wall -Wextra -Wno-missing-field-initializers -Wshadow -Wpointer-arith -Wundef
    $<$<COMPILE_LANGUAGE:C>:-Wconversion -Wstrict-prototypes -Wmissing-prototypes>
    $<$<BOOL:${FLOORFUSE_WERROR}>:-Werror>)
if(FLOORFUSE_SANITIZE)
    target_compile_options(floorfuse_flags INTERFACE
        -fsanitize=${FLOORFUSE_SANITIZE} -fno-omit-frame-pointer -fno-sanitize-recover=undefined)
    target_link_options(floorfuse_flags INTERFACE -fsanitize=${FLOORFUSE_SANITIZE})
endif()
if(FLOORFUSE_FUZZERS)
    target_compile_options(floorfuse_flags INTERFACE -fsanitize=fuzzer-no-link)
endif()
set(CMAKE_C_EXTENSIONS ON)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)
