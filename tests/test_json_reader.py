"""JSON: places, digits as typed, one fault with its place."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from planforge import data
from planforge.model import Plan
from planforge.source import read_tree
from tests.data_files import spots


def test_json_is_read_with_places(tmp_path: Path) -> None:
    """A file by its name, content by its first letter; numbers stay text; breaks of Unicode stay letters."""
    values = {"planforge": "plan/1", "title": "а\u2028б\x85\\/😀", "year": 2024, "owner": "Хороо", "extra": {"а": 1.10}}
    for ascii_only in (True, False):
        written = json.dumps(values, ensure_ascii=ascii_only, indent="\t").replace("1.1", "1.10")
        path = tmp_path / "plan.json"
        path.write_text(written, encoding="utf-8")
        for source in (path, written.encode(), b"\xef\xbb\xbf \n" + written.encode()):
            plan = data.load(source, Plan)
            assert (plan.title, plan.extra) == ("а\u2028б\x85\\/😀", {"а": "1.10"})
    place = data.parse(path).place_of(("extra", "а"))
    assert (place.line, place.column) == (7, 8)


@pytest.mark.parametrize(
    ("written", "spot"),
    [
        ('{"a": 1,}', "1:9 PF149"),
        ('{"a" 1}', "1:6 PF149"),
        ('{"a": 1', "1:8 PF149"),
        ("{'a': 1}", "1:2 PF149"),
        ('{"a": tru}', "1:7 PF149"),
        ('{"a": 01}', "1:7 PF149"),
        ('{"a": "б\n"}', "1:7 PF149"),
        ('{"a": "\\x"}', "1:7 PF149"),
        ('{"a": NaN}', "1:7 PF149"),
        ('{"a": 1} 2', "1:10 PF149"),
        ('{"a": 1}\n{}', "2:1 PF149"),
        ('{\n"a": [1 2]}', "2:9 PF149"),
        ('{"a": 1, "a": 2}', "1:10 PF103"),
        ("[" * 40, "1:33 PF139"),
    ],
)
def test_faults_of_json_have_places(written: str, spot: str, tmp_path: Path) -> None:
    """Doubled names are refused as in YAML."""
    path = tmp_path / "x.json"
    path.write_text(written, encoding="utf-8")
    assert spots(read_tree(path).problems) == [spot]


def test_braces_of_yaml_are_read_where_json_is_not() -> None:
    """A file that begins with a brace may be YAML; a broken JSON stays one."""
    assert data.load("{planforge: plan/1, title: Т, year: 2024, owner: Хороо}".encode(), Plan).title == "Т"
    assert spots(data.parse(b'{"planforge": "plan/1" "title": 1}').problems) == ["1:24 PF149"]
