"""The vocabulary: names are unique and found in both languages, schemas accept what the loader accepts."""

from __future__ import annotations

import json
from pathlib import Path

import jsonschema
import pytest
import yaml

from planforge import text, view
from planforge.model import Plan
from planforge.vocabulary import FILES, Record, Scalar, counted, describe, json_schema, mongolian_name, reachable
from tests import field_docs

ROOT = Path(__file__).parent.parent
RECORDS = reachable(
    *map(describe, FILES.values()), *(f.type for f in view.names().values() if isinstance(f.type, Record))
)


@pytest.mark.parametrize("record", RECORDS, ids=lambda r: r.name)
def test_names_are_unique(record: Record) -> None:
    """A key or Mongolian name means one field of its record; synonyms never shadow a name."""
    for fields in (record.data, record.fields):
        seen: dict[str, str] = {}
        for field in fields.values():
            names = {field.name, field.template_name, *(mongolian_name(a) for a in field.term.also)}
            for name in map(text.name_key, names):
                assert seen.setdefault(name, field.name) == field.name, name


@pytest.mark.parametrize("record", RECORDS, ids=lambda r: r.name)
def test_every_spelling_is_found(record: Record) -> None:
    """Each field is found by its key, its term as written, its term with underscores, and each synonym."""
    for field in record.data.values():
        for name in (field.name, field.term.mn, field.template_name, *field.term.also):
            assert record.find_key(name) is field
    for field in record.fields.values():
        for name in (field.name, field.template_name):
            assert record.find(name) is field


def test_view_fields() -> None:
    """A node of the view has the model's fields through its item, and the derived ones of its own."""
    measure = view.level_record("measure")
    assert measure.fields["text"].access == "item.text"
    assert measure.fields["number"].access == "number"
    assert measure.fields["number"].optional is False
    assert measure.fields["outcome"].optional is True
    assert measure.fields["serial"].type is Scalar.NUMBER


def test_counted() -> None:
    """A path reads as a person counts."""
    words = counted(describe(Plan), ("objectives", 1, "measures", 0, "period"))
    assert words.mn == "зорилт 2 › арга хэмжээ 1 › хугацаа"
    assert words.en == "objective 2 › measure 1 › period"


SAMPLES = {
    "plan": ["customs-2024/plan.yaml", "govisumber-2021/plan.yaml"],
    "report": ["govisumber-2021/report.yaml"],
}


@pytest.mark.parametrize(("kind", "file"), [(k, f) for k, files in SAMPLES.items() for f in files])
def test_schema_accepts_samples(kind: str, file: str) -> None:
    """The JSON Schema is valid and accepts the samples."""
    schema = json_schema(kind)
    jsonschema.Draft202012Validator.check_schema(schema)
    data = yaml.load((ROOT / "samples" / file).read_text(encoding="utf-8"), yaml.BaseLoader)
    jsonschema.validate(data, schema)


def test_schema_refuses() -> None:
    """The JSON Schema refuses an unknown key and a missing one."""
    schema = json_schema("plan")
    good = {"planforge": "plan/1", "title": "Т", "year": "2024", "owner": "Хэлтэс"}
    jsonschema.validate(good, schema)
    for bad in ({**good, "titel": "x"}, {k: v for k, v in good.items() if k != "owner"}):
        with pytest.raises(jsonschema.ValidationError):
            jsonschema.validate(bad, schema)


def test_mongolian_schema() -> None:
    """The Mongolian schema completes Mongolian keys and has Mongolian titles."""
    schema = json_schema("plan", keys="mn")
    jsonschema.Draft202012Validator.check_schema(schema)
    jsonschema.validate({"planforge": "plan/1", "гарчиг": "Т", "он": "2024", "байгууллага": "Хэлтэс"}, schema)
    assert "арга_хэмжээ" in json.dumps(schema, ensure_ascii=False)


def test_fields_page_is_fresh() -> None:
    """docs/fields.md is what the model says; write it anew with `python -m tests.field_docs`."""
    assert (ROOT / "docs" / "fields.md").read_text(encoding="utf-8") == field_docs.page()
