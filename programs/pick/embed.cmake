# Turn files into C arrays of bytes.
#   cmake "-DFILES=page.html;page.css" -DOUT=pick_page.c -P embed.cmake
# page.html becomes `const char pick_page_html[]`, NUL at its end.
set(arrays "")
foreach(file ${FILES})
    get_filename_component(name ${file} NAME)
    string(MAKE_C_IDENTIFIER "pick_${name}" name)
    file(READ ${file} bytes HEX)
    string(REGEX REPLACE "([0-9a-f][0-9a-f])" "0x\\1," bytes "${bytes}")
    string(REPLACE "0x0a," "0x0a,\n    " bytes "${bytes}")
    string(APPEND arrays "const unsigned char ${name}[] = {\n    ${bytes}0x00\n};\n\n")
endforeach()
file(WRITE ${OUT} "/* Made from programs/pick by programs/pick/embed.cmake; edits are lost. */
#include \"programs/pick/page.h\"

${arrays}")
