"""What the header of a picture says: its format, its pixels, its resolution. PNG, JPEG and GIF; nothing is decoded.

The format is told by the first bytes, never by a name. The readers go over the pieces of a file once, without looking
into them: a file that is cut short, or whose header cannot be true, is refused before a document holds it.
"""

from __future__ import annotations

import re
import struct
import zlib
from dataclasses import dataclass
from typing import Literal, TypeAlias

from planforge.errors import Words

__all__ = ["MAX_BYTES", "MAX_PIXELS", "Format", "Header", "NoPicture", "header"]

Format: TypeAlias = Literal["png", "jpeg", "gif"]

MAX_BYTES = 20 * 1024 * 1024
MAX_PIXELS = 50_000_000
MAX_PIECES = 200_000
"""Chunks, segments or blocks of one file: 20 MiB of a GIF have 82,000."""

_DPI = (10, 10_000)
"""Dots per inch that are believed; any other figure says nothing."""


class NoPicture(Exception):
    """Why the bytes are no picture for a document."""

    def __init__(self, mn: str, en: str) -> None:
        self.words = Words(mn, en)
        super().__init__(en)


@dataclass(frozen=True, slots=True)
class Header:
    """Width and height in pixels; dots per inch across and down, None where the file does not say."""

    format: Format
    width: int
    height: int
    dpi: tuple[float, float] | None = None


def header(data: bytes, /) -> Header:
    """What a picture says of itself. NoPicture for another format, a damaged file, and what passes the limits."""
    if len(data) > MAX_BYTES:
        raise NoPicture(f"{MAX_BYTES >> 20} MiB-аас том файл байна", f"it is larger than {MAX_BYTES >> 20} MiB")
    reader = next((reader for magic, reader in _READERS if data.startswith(magic)), None)
    if reader is None:
        raise NoPicture(*_kind(data))
    try:
        found = reader(data)
    except (struct.error, IndexError) as fault:
        raise _cut() from fault
    if not found.width or not found.height:
        raise NoPicture("хэмжээ нь 0 цэг байна", "it has 0 pixels")
    if found.width * found.height > MAX_PIXELS:
        raise NoPicture(
            f"{found.width} × {found.height} цэг байна: {MAX_PIXELS // 10**6} сая цэгээс ихгүй байх ёстой",
            f"it has {found.width} × {found.height} pixels: more than {MAX_PIXELS // 10**6} million",
        )
    return found


def _cut() -> NoPicture:
    return NoPicture("файл дутуу байна", "the file was cut short")


def _damaged() -> NoPicture:
    return NoPicture("файл эвдэрсэн байна", "the file is damaged")


_OTHERS = (
    (b"<svg", "SVG"),
    (b"<?xml", "SVG"),
    (b"BM", "BMP"),
    (b"II*\0", "TIFF"),
    (b"MM\0*", "TIFF"),
    (b"RIFF", "WebP"),
    (b"\x01\0\0\0", "EMF"),
    (b"\xd7\xcd\xc6\x9a", "WMF"),
    (b"%PDF", "PDF"),
)


def _kind(data: bytes) -> tuple[str, str]:
    if not data:
        return "файл хоосон байна", "the file is empty"
    start = data[:100].lstrip()
    name = next((name for magic, name in _OTHERS if start.startswith(magic)), "")
    if name:
        return f"{name} файл байна", f"it is a {name} file"
    return "PNG, JPEG, GIF зургийн аль нь ч биш", "it is neither PNG nor JPEG nor GIF"


def _png(data: bytes) -> Header:
    """ISO/IEC 15948, 5.3: chunks of length, type, data, CRC; the first is IHDR, the last IEND."""
    length, kind, width, height, depth, colour, packing, filtering, lacing, crc = struct.unpack_from(
        ">I4sIIBBBBBI", data, 8
    )
    if (length, kind, packing, filtering) != (13, b"IHDR", 0, 0) or crc != zlib.crc32(data[12:29]):
        raise _damaged()
    if depth not in (1, 2, 4, 8, 16) or colour not in (0, 2, 3, 4, 6) or lacing > 1:
        raise _damaged()
    dpi = None
    has_data = False
    at = 33
    for _ in range(MAX_PIECES):
        length, kind = struct.unpack_from(">I4s", data, at)
        if at + 12 + length > len(data):
            raise _cut()
        if kind == b"IEND":
            if not has_data:
                raise _damaged()
            return Header("png", width, height, dpi)
        if kind == b"IDAT":
            has_data = True
        elif kind == b"pHYs" and length == 9:
            across, down, unit = struct.unpack_from(">IIB", data, at + 8)
            dpi = _believed(across * 0.0254, down * 0.0254) if unit == 1 else None
        at += 12 + length
    raise _damaged()


_FILL = re.compile(rb"\xff+")


def _jpeg(data: bytes) -> Header:
    """ISO/IEC 10918-1, annex B: segments up to the scan; the frame's header (SOF0 to SOF2) holds the size."""
    size = dpi = None
    at = 2
    for _ in range(MAX_PIECES):
        fill = _FILL.match(data, at)
        if fill is None:
            raise _cut() if at >= len(data) else _damaged()
        marker, length = struct.unpack_from(">BH", data, fill.end())
        at = fill.end() + 1
        if length < 2 or marker in (0x00, 0x01) or 0xD0 <= marker <= 0xD9:
            raise _damaged()
        if at + length > len(data):
            raise _cut()
        if marker == 0xDA:
            if size is None:
                raise _damaged()
            if data.rfind(b"\xff\xd9", at) < 0:
                raise _cut()
            return Header("jpeg", size[0], size[1], dpi)
        if marker in (0xC0, 0xC1, 0xC2):
            if size is not None:
                raise _damaged()
            height, width = struct.unpack_from(">HH", data, at + 3)
            size = (width, height)
        elif 0xC0 <= marker <= 0xCF and marker not in (0xC4, 0xC8, 0xCC):
            raise NoPicture("Word таньдаггүй төрлийн JPEG байна", "it is a kind of JPEG that Word does not read")
        elif marker == 0xE0 and data[at + 2 : at + 7] == b"JFIF\0" and length >= 14:
            unit, across, down = struct.unpack_from(">BHH", data, at + 9)
            scale = {1: 1.0, 2: 2.54}.get(unit, 0.0)
            dpi = _believed(across * scale, down * scale)
        at += length
    raise _damaged()


def _gif(data: bytes) -> Header:
    """GIF89a: the logical screen, then extensions and frames up to the trailer; frames lie within the screen."""
    width, height, flags = struct.unpack_from("<HHB", data, 6)
    at = 13 + _palette(flags)
    frames = 0
    in_blocks = False
    for _ in range(MAX_PIECES):
        byte = data[at]
        if in_blocks:
            in_blocks = byte > 0
            at += 1 + byte
        elif byte == 0x3B:
            if not frames:
                raise _damaged()
            return Header("gif", width, height)
        elif byte == 0x21:
            in_blocks = True
            at += 2
        elif byte == 0x2C:
            left, top, across, down, flags = struct.unpack_from("<HHHHB", data, at + 1)
            if left + across > width or top + down > height:
                raise _damaged()
            frames += 1
            in_blocks = True
            at += 11 + _palette(flags)
        else:
            raise _damaged()
    raise _damaged()


def _palette(flags: int) -> int:
    return 3 << (flags & 7) + 1 if flags & 0x80 else 0


def _believed(across: float, down: float) -> tuple[float, float] | None:
    low, high = _DPI
    return (across, down) if low <= across <= high and low <= down <= high else None


_READERS = (
    (b"\x89PNG\r\n\x1a\n", _png),
    (b"\xff\xd8\xff", _jpeg),
    (b"GIF87a", _gif),
    (b"GIF89a", _gif),
)
