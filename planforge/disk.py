"""Bytes to the disk, whole or with an OSError, in as few calls as can be: a batch writes twice for each document.

Python's file objects take most of the time that such a small file costs.
"""

from __future__ import annotations

import os
from typing import Final

__all__ = ["append", "write_new"]

_WRITING: Final = os.O_WRONLY | os.O_CREAT | getattr(os, "O_BINARY", 0)
_NO_LINK: Final = getattr(os, "O_NOFOLLOW", 0)


def write_new(path: str | os.PathLike[str], data: bytes, /) -> None:
    """A file where there was none, flushed to the disk itself. OSError; ValueError for a name that no file can have."""
    file = os.open(path, _WRITING | os.O_EXCL, 0o666)
    try:
        _write(file, data)
        os.fsync(file)
    finally:
        os.close(file)


def append(path: str | os.PathLike[str], data: bytes, /) -> None:
    """Puts bytes at the end of a file, which may not be a link where the system can tell. OSError."""
    file = os.open(path, _WRITING | os.O_APPEND | _NO_LINK, 0o666)
    try:
        _write(file, data)
    finally:
        os.close(file)


def _write(file: int, data: bytes) -> None:
    while data:  # a disk that is almost full takes a part
        data = data[os.write(file, data) :]
