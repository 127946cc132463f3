"""`planforge.archive`: what is written is read, members deflate once, the engine is the faster one that is there."""

from __future__ import annotations

import io
import sys
import zipfile
import zlib
from importlib.util import find_spec

import pytest
from hypothesis import given
from hypothesis import strategies as st

from planforge import archive
from planforge.templates import base
from tests.strategies import FILES


@given(FILES, st.integers(0, 9))
def test_what_is_written_is_read(parts: dict[str, bytes], level: int) -> None:
    """Names, contents and order come back, through our reader and zipfile's."""
    data = archive.write(archive.deflate(name, content, level) for name, content in parts.items())
    assert list(archive.extract(data)[0].items()) == list(parts.items())
    with zipfile.ZipFile(io.BytesIO(data)) as zipped:
        assert {i.filename: zipped.read(i) for i in zipped.infolist()} == parts
        assert all(i.date_time == (1980, 1, 1, 0, 0, 0) and not i.extra for i in zipped.infolist())


def test_write_refuses_equal_names() -> None:
    """Two members that differ by case only would be one part."""
    with pytest.raises(ValueError):
        archive.write([archive.store("a", b""), archive.store("A", b"")])


def test_deflate_keeps_what_it_cannot_shrink() -> None:
    """A member given whole is never larger than its data."""
    assert archive.deflate("a", b"\x89PNG").method == 0
    assert archive.deflate("a", archive.Pieces([b"\x89PNG"])).method == 0
    assert archive.deflate("a", b"").method == 0
    assert archive.deflate("a", b"a" * 100).method == 8


pieces = st.lists(st.binary(max_size=80), max_size=30)


@given(pieces, st.integers(1, 20_000))
def test_a_part_in_pieces_is_the_part(some: list[bytes], times: int) -> None:
    """Pieces give the bytes, the size and the member of the whole, in chunks that are never much larger than 100 KB."""
    whole = b"".join(some * times)
    part = archive.Pieces(some * times)
    chunks = list(part)
    assert (b"".join(chunks), part.size) == (whole, len(whole))
    assert max(map(len, chunks), default=0) <= 4 * 100_000 + max(map(len, some), default=0) * 4
    member = archive.deflate("a", part)
    assert (member.crc, member.size) == (zlib.crc32(whole), len(whole))
    if member.method:
        assert zlib.decompress(member.data, -15) == whole
        assert member.data == zlib.compress(whole, 6, -15)  # what one call makes of it


def test_engine() -> None:
    """zlib-ng if it is there, else the standard library; decided once."""
    assert archive.engine() is archive.engine()
    expected = "zlib_ng.zlib_ng" if find_spec("zlib_ng") else "zlib"
    assert getattr(archive.engine(), "__name__", "") == expected


def test_the_standard_engine_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without zlib-ng everything works with the standard library."""
    monkeypatch.setitem(sys.modules, "zlib_ng", None)
    assert archive.engine.__wrapped__() is archive.STANDARD


@pytest.mark.skipif(find_spec("zlib_ng") is None, reason="zlib-ng is not installed: pip install planforge[fast]")
def test_engines_agree() -> None:
    """What zlib-ng deflates the standard library inflates; the digests are equal, the sizes nearly."""
    data = base()["word/styles.xml"]
    fast, standard = (archive.deflate("a", data, by=engine) for engine in (archive.engine(), archive.STANDARD))
    assert zlib.decompress(fast.data, -15) == data
    assert (fast.crc, fast.size) == (standard.crc, standard.size)
    assert len(fast.data) < 1.1 * len(standard.data)
