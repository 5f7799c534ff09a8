#!/usr/bin/python3
"""Look for pictures where none may be.

picture_bytes.py PICTURE.raw... -- FILE...

Says where FILEs have the first bytes of a picture or film file, or a run of bytes that is also in one of the raw
pictures, and ends with 1 then. What is written in hexadecimal, as databases dump it, or in base64 is looked at as well.

Every RUN bytes of the raw pictures one piece of RUN bytes is known, so no run of 2 x RUN of them escapes. Pieces of few
different bytes are not known: they may be anywhere.
"""
import base64
import binascii
import re
import sys

RUN = 32
LEAST_BYTES = 10  # different ones in a piece

SIGNATURES = {
    "JPEG": re.compile(rb"\xff\xd8\xff[\xc0\xc4\xdb\xe0-\xef\xfe]\x00"),
    "PNG": re.compile(rb"\x89PNG\r\n\x1a\n"),
    "GIF": re.compile(rb"GIF8[79]a"),
    "WebP": re.compile(rb"RIFF....WEBP", re.DOTALL),
    "AVI": re.compile(rb"RIFF....AVI ", re.DOTALL),
    "MP4": re.compile(rb"....ftyp(isom|mp4|avc1|iso[2-6]|M4V)", re.DOTALL),
    "Matroska": re.compile(rb"\x1aE\xdf\xa3"),
    "H.264": re.compile(rb"\x00\x00\x01[\x27\x47\x67][\x42\x4d\x58\x64\x6e\x7a\xf4]"),  # sequence parameters
    "H.265": re.compile(rb"\x00\x00\x01\x40\x01\x0c"),  # video parameters
}


def index(paths):
    pieces = set()
    for path in paths:
        with open(path, "rb") as file:
            raw = file.read()
        for at in range(0, len(raw) - RUN + 1, RUN):
            piece = raw[at:at + RUN]
            if len(set(piece)) >= LEAST_BYTES:
                pieces.add(piece)
    return pieces


def readings(data):
    """The bytes themselves and what they say in other words."""
    yield "", data
    for match in re.finditer(rb"(?:[0-9a-fA-F]{2}){32,}", data):
        yield "hexadecimal at %d" % match.start(), binascii.unhexlify(match.group())
    for match in re.finditer(rb"[A-Za-z0-9+/]{64,}", data):
        text = match.group()
        yield "base64 at %d" % match.start(), base64.b64decode(text[:len(text) // 4 * 4])


def look(path, pieces):
    with open(path, "rb") as file:
        whole = file.read()
    for words, data in readings(whole):
        for name, signature in SIGNATURES.items():
            match = signature.search(data)
            if match:
                yield f"{path}: {name} at byte {match.start()} {words}"
        for at in range(len(data) - RUN + 1):
            if data[at:at + RUN] in pieces:
                yield f"{path}: part of a picture at byte {at} {words}"
                break


def main():
    split = sys.argv.index("--")
    pieces = index(sys.argv[1:split])
    found = [words for path in sys.argv[split + 1:] for words in look(path, pieces)]
    print("\n".join(found) if found else f"{len(sys.argv) - split - 1} files have none of {len(pieces)} pieces of pictures")
    sys.exit(bool(found))


main()
