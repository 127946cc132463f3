"""Sources: paths, content and streams, encodings and limits; what a file is instead."""

from __future__ import annotations

import io
import os
from pathlib import Path

import pytest

from planforge import data
from planforge.model import Plan
from planforge.source import MAX_BYTES, Source, kind_of
from tests.data_files import HEAD, faults, spots


def test_a_source_is_a_path_or_content(tmp_path: Path) -> None:
    """str, PathLike, bytes, a stream."""
    path = tmp_path / "төлөвлөгөө.yaml"
    path.write_text(HEAD, encoding="utf-8")
    sources: list[Source] = [
        str(path),
        path,
        HEAD.encode(),
        io.BytesIO(HEAD.encode()),
        b"\xef\xbb\xbf" + HEAD.encode(),
    ]
    for source in sources:
        assert data.load(source).title == "Т"
    with path.open("rb") as stream:
        assert data.parse(stream).file == str(path)


def test_line_ends_do_not_matter() -> None:
    """CR LF and CR count as one line end."""
    for end in ("\r\n", "\r"):
        assert faults((HEAD + "x: А\n").replace("\n", end)) == ["5:1 PF101"]
        assert data.load((HEAD + "stage: |-\n  а\n  б\n").replace("\n", end).encode(), Plan).stage == "а\nб"


@pytest.mark.parametrize(
    ("content", "code", "word"),
    [
        (HEAD.encode("utf-16"), "PF125", "UTF-16"),
        (HEAD.encode("utf-16-le"), "PF125", "UTF-16"),
        (HEAD.encode("utf-32"), "PF125", "UTF-32"),
        ("title: Төрийн алба".encode("cp1251", "replace"), "PF125", "Windows-1251"),
        (b"title: \xff\x98 \xff", "PF125", "unknown"),
        (b"\xd0\xcf\x11\xe0" + b"\0" * 20, "PF126", "old Word"),
        (b"%PDF-1.7 \xff", "PF126", "PDF"),
        (b"{\\rtf1 x}", "PF126", "RTF"),
        (b"\x89PNG\r\n\x1a\n\0", "PF126", "picture"),
        (b"   \n\n", "PF124", "no data"),
        (b"\0" * 100, "PF125", "UTF-16"),
        (b"x" * (MAX_BYTES + 1), "PF127", "10 MiB"),
    ],
)
def test_other_files_are_named(content: bytes, code: str, word: str) -> None:
    """What it is instead, so that the remedy is clear."""
    (problem,) = data.parse(content).problems
    assert problem.code == code
    assert word in problem.message("en")


def test_the_first_wrong_byte_has_a_place() -> None:
    """Line and column in letters, before the first byte that is not UTF-8."""
    (problem,) = data.parse("title: Т\r\nyear: Ө\n".encode() + b"\xd2").problems
    assert spots([problem]) == ["3:1 PF125"]


@pytest.mark.skipif(os.name == "nt" or os.geteuid() == 0, reason="everything may be read here")
def test_a_file_without_rights_is_named(tmp_path: Path) -> None:
    """Permission denied is a problem, not an exception."""
    path = tmp_path / "plan.yaml"
    path.write_text(HEAD, encoding="utf-8")
    path.chmod(0)
    assert [p.code for p in data.parse(path).problems] == ["PF122"]


@pytest.mark.parametrize("path", ["a\0b", "", "нет/ү/plan.yaml", "a\nb"])
def test_odd_paths_are_problems(path: str) -> None:
    """No path raises anything of the system's."""
    assert {p.code for p in data.parse(path).problems} <= {"PF120", "PF121"}


def test_kind_of(tmp_path: Path) -> None:
    """A file is known by its ending, its first bytes or its first key, whatever is wrong behind them."""
    for name, content, kind in (
        ("a.docx", b"", "document"),
        ("a.bin", b"PK\x03\x04", "document"),
        ("a.yaml", "# тайлбар\nlayout: x\n".encode(), "layout"),
        ("b.yaml", b"planforge: plan/1\nlayout: x\n", "data"),
        ("c.json", b'{"planforge": "plan/1"}', "data"),
        ("d.yaml", b"title: x\n", ""),
    ):
        path = tmp_path / name
        path.write_bytes(content)
        assert kind_of(path) == kind_of(str(path)) == kind
        if content:
            assert kind_of(content) == kind
    assert kind_of(tmp_path / "missing.docx") == "document"
    assert kind_of(tmp_path / "missing.yaml") == ""
