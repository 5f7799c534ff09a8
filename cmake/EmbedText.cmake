# A text file as a C string.
#   cmake -DFILE=text -DNAME=variable -DOUT=text.c -P EmbedText.cmake
file(READ ${FILE} bytes HEX)
# A line of the text is a line of numbers; the NUL makes it a string.
string(REGEX REPLACE "(..)" "0x\\1," bytes "${bytes}")
string(REPLACE "0x0a," "0x0a,\n" bytes "${bytes}")
file(WRITE ${OUT} "extern const char ${NAME}[];\nconst char ${NAME}[] = {\n${bytes}0};\n")
