"""Small pictures for tests, written byte by byte."""

from __future__ import annotations

import struct
import zlib


def chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def png(width: int = 2, height: int = 1, colour: bytes = b"\xc0\x20\x20", *, per_metre: int = 0) -> bytes:
    """A PNG of one colour; `per_metre` is its resolution in pixels."""
    rows = (b"\0" + colour * width) * height
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    resolution = chunk(b"pHYs", struct.pack(">IIB", per_metre, per_metre, 1)) if per_metre else b""
    pieces = (chunk(b"IHDR", header), resolution, chunk(b"IDAT", zlib.compress(rows)), chunk(b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(pieces)


def gif(width: int = 1, height: int = 1, frame: tuple[int, int] = (1, 1)) -> bytes:
    """A GIF of one frame of white."""
    palette = b"\xff\xff\xff\0\0\0"
    image = struct.pack("<BHHHHB", 0x2C, 0, 0, *frame, 0) + b"\x02\x02\x44\x01\0"
    return b"GIF89a" + struct.pack("<HHBBB", width, height, 0x80, 0, 0) + palette + image + b";"


# fmt: off
_QUANTS = bytes([0xFF, 0xDB, 0, 67, 0, *[1] * 64])
_HUFFMAN_DC = bytes([0xFF, 0xC4, 0, 20, 0x00, 1, *[0] * 15, 0])
_HUFFMAN_AC = bytes([0xFF, 0xC4, 0, 20, 0x10, 1, *[0] * 15, 0])
# fmt: on


def jpeg(width: int = 8, height: int = 8, *, dpi: int = 0, kind: int = 0xC0) -> bytes:
    """A grey JPEG of one block; `dpi` is its JFIF density."""
    jfif = b"\xff\xe0" + struct.pack(">H5sHBHHBB", 16, b"JFIF\0", 0x0101, 1 if dpi else 0, dpi or 1, dpi or 1, 0, 0)
    frame = struct.pack(">BBHBHHB3B", 0xFF, kind, 11, 8, height, width, 1, 1, 0x11, 0)
    scan = b"\xff\xda" + struct.pack(">H6B", 8, 1, 1, 0, 0, 63, 0) + b"\x3f"
    return b"\xff\xd8" + jfif + _QUANTS + frame + _HUFFMAN_DC + _HUFFMAN_AC + scan + b"\xff\xd9"
