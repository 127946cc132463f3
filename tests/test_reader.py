"""Reading a document back: the data it was made from, while its text is what was rendered."""

from __future__ import annotations

import pytest

from planforge import Plan, Template, embedded, inspection, read
from planforge.errors import DocumentError
from planforge.package_rules import check_package
from planforge.reader import strip
from tests.bodies import docx, outline

PLAN = Plan.model_validate(
    {"title": "Т & <x>\n\tу", "year": 2024, "owner": "Хэлтэс", "measures": ["м"], "extra": {"а": "]]>"}}
)


def rendered() -> bytes:
    return Template.open(docx("{{ plan.title }}")).render(PLAN)


def code_of(document: bytes) -> str:
    with pytest.raises(DocumentError) as caught:
        read(document)
    return caught.value.problems[0].code


def edited(document: bytes, name: str, old: bytes, new: bytes) -> bytes:
    package = inspection.read(document)
    assert old in package.parts[name]
    return package.replace({name: package.parts[name].replace(old, new)}).to_bytes()


def test_read() -> None:
    """The data come back exactly (law 2), also after the archive was packed anew."""
    assert read(rendered()) == PLAN
    assert read(inspection.read(rendered()).to_bytes(level=9)) == PLAN


def test_equal_data_equal_bytes() -> None:
    """What stands in the data by default is not embedded, whether it was written or not."""
    written = Plan.model_validate(PLAN.model_dump(mode="json"))
    assert written.model_fields_set != PLAN.model_fields_set
    template = Template.open(docx("{{ plan.title }}"))
    assert template.render(written) == template.render(PLAN)


def test_more_than_a_text_node_holds() -> None:
    """Data of more than ten million bytes come back too."""
    large = PLAN.model_copy(update={"extra": {str(i): "өгөгдөл & " * 90_000 for i in range(8)}})
    assert read(Template.open(docx("{{ plan.title }}")).render(large)) == large


def test_a_part_of_our_name() -> None:
    """A template that has a part of the name that the data would get keeps it."""
    package = inspection.read(docx("{{ plan.title }}")).add("customXml/Planforge.xml", b"<x/>", "application/xml", None)
    document = Template.open(package.to_bytes()).render(PLAN)
    assert read(document) == PLAN
    assert inspection.read(document).parts["customXml/Planforge.xml"] == b"<x/>"
    Template.open(package.to_bytes()).render(PLAN, embed=False)


def test_strip() -> None:
    """A stripped document says the same and carries nothing; the template's own parts stay."""
    stripped = strip(rendered())
    assert outline(stripped) == outline(rendered())
    assert check_package(stripped) == ()
    assert code_of(stripped) == "PF610"
    bare = Template.open(docx("{{ plan.title }}")).render(PLAN, embed=False)
    assert set(inspection.read(stripped).parts) == set(inspection.read(bare).parts)
    assert inspection.read(stripped).parts["word/document.xml"] == inspection.read(bare).parts["word/document.xml"]


def test_rendering_a_finished_document_again() -> None:
    """A finished document used as a template loses the data it carried and carries the new ones."""
    other = PLAN.model_copy(update={"title": "өөр"})
    assert read(Template.open(rendered()).render(other)) == other


def test_edited() -> None:
    """Embedded data never outrank what the document says now."""
    assert code_of(edited(rendered(), "word/document.xml", "Т &amp;".encode(), "Ү &amp;".encode())) == "PF612"


@pytest.mark.parametrize(
    ("old", "new", "code"),
    [
        (b'version="1"', b'version="2"', "PF611"),
        (b'kind="plan"', b'kind="play"', "PF611"),
        (b'"year":2024', b'"year":"x"', "PF613"),
    ],
    ids=["newer", "another kind", "damaged"],
)
def test_damaged(old: bytes, new: bytes, code: str) -> None:
    """A newer format and damaged data each say what they are."""
    name = embedded.part_name(inspection.read(rendered()))
    assert name is not None
    assert code_of(edited(rendered(), name, old, new)) == code


def test_foreign_document() -> None:
    """A document that planforge did not make says so."""
    assert code_of(docx("x")) == "PF610"
