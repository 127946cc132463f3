"""Rendering and saving: exact texts, the same bytes, whole files or none."""

from __future__ import annotations

import os
import subprocess
import sys
import tracemalloc
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import date, datetime
from decimal import Context, Inexact, localcontext
from pathlib import Path

import pytest

from planforge import Plan, Template, anchors, archive, check, inspection, opc, read, save
from planforge.errors import DataError, OutputError, TemplateError
from planforge.package_rules import check_package
from tests.bodies import docx, outline, part

ROOT = Path(__file__).parent.parent


def plan(**fields: object) -> Plan:
    return Plan.model_validate({"title": "Т", "year": 2024, "owner": "Хэлтэс", "measures": ["м"], **fields})


EXACT = {
    "ampersand": "R&D <b>",
    "quotes": "\"Төрийн\" 'алба' “журам” «дүрэм»",
    "newline and tab": "нэг\nхоёр\tгурав",
    "spaces": "  хоёр  зай ",
    "emoji": "👩‍👩‍👧 ✅ 𝒳",
    "Mongolian": "Өө Үү ₮ № ё ѐ",
    "traditional script": "ᠮᠣᠩᠭᠣᠯ",
    "markup": "</w:t></w:r></w:p><w:p>&amp;&#10;]]>",
    "tags": "{{ plan.title }} {% if x %} {# # #}",
    "marks": "<?pf 1?>",
    "long": "ө" * 50_000,
    "many lines": "мөр\n" * 500,
    "next line": "а\u0085б\u2028в",
    "no-break": "а\u00a0б\u202fв\u2011г",
    "bidi": "а\u202eб\u200bв",
    "delete": "а\x7fб",
}


@pytest.mark.parametrize("text", EXACT.values(), ids=list(EXACT))
def test_exact(text: str) -> None:
    """A text comes out as it went in."""
    document = Template.open(docx("[{{ plan.title }}]")).render(plan(title=text))
    assert outline(document) == f"[{text}]".replace("\n", "⏎").replace("\t", "⇥")
    assert check_package(document) == ()


def test_line_ends() -> None:
    """CR LF and CR are line ends like LF; nothing else changes."""
    document = Template.open(docx("{{ plan.title }}")).render(plan(title="а\r\nб\rв"))
    assert outline(document) == "а⏎б⏎в"


@pytest.mark.parametrize("bad", ["\x00", "\x0b", "\x1b", "\ud800", "\ufffe", "\uffff"], ids=ascii)
def test_refused_at_the_boundary(bad: str) -> None:
    """A character that no document can hold never gets as far as a document."""
    with pytest.raises(ValueError, match="no document can hold"):
        plan(title=f"а{bad}б")
    with pytest.raises(DataError) as caught:
        Template.open(docx("{{ x }}"), schema=None).render({"x": f"а{bad}б"})
    assert [p.code for p in caught.value.problems] == ["PF140"]
    assert f"U+{ord(bad):04X}" in caught.value.format("mn")


def test_one_template_many_documents() -> None:
    """A template renders any number of documents, each as if it were the first."""
    template = Template.open(docx("{{ plan.title }}"))
    first = template.render(plan(title="а"))
    assert outline(template.render(plan(title="б"))) == "б"
    assert template.render(plan(title="а")) == first


def test_needs() -> None:
    """A form for reports refuses a plan, and one that prints today's date needs it."""
    with pytest.raises(DataError) as caught:
        Template.open(docx("{{ report.title }} {{ today }}")).render(plan())
    assert [p.code for p in caught.value.problems] == ["PF303", "PF305"]
    shown = Template.open(docx('{{ today | date("2021 оны 10 дугаар сарын 15-ны өдөр") }}'))
    assert outline(shown.render(plan(), today=date(2024, 3, 1))) == "2024 оны 03 дугаар сарын 01-ний өдөр"


def test_today_with_a_time() -> None:
    """A moment is taken as its day."""
    moment = datetime(2024, 3, 1, 12)
    assert (
        outline(Template.open(docx("{{ today == today }} {{ today }}")).render(plan(), today=moment))
        == "тийм 2024.03.01"
    )


def test_decimal_context() -> None:
    """Arithmetic does not depend on the process's decimal context."""
    template = Template.open(docx("{{ plan.year + 0.12345 }} {{ 123456789 is odd }}"))
    with localcontext(Context(prec=3, traps=[Inexact])):
        assert outline(template.render(plan())) == "2024.12345 тийм"


def test_output_is_limited() -> None:
    """A body that grows with every turn stops at the limit before it fills the memory."""
    loops = "{%p for x in items %}\n"
    source = docx(loops * 3 + "а" * 100_000 + "\n{%p endfor %}" * 3)
    with pytest.raises(OutputError) as caught:
        Template.open(source, schema=None).render({"items": list(range(60))})
    assert [p.code for p in caught.value.problems] == ["PF501"]


def test_a_problem_is_told_once() -> None:
    """What a loop finds wrong at one tag is one problem."""
    template = Template.open(docx("{% for m in plan.all_measures %}{{ plan.owner.genitive }}{% endfor %}"))
    with pytest.raises(DataError) as caught:
        template.render(plan(owner="Зүйл", measures=["а", "б"]))
    assert [p.code for p in caught.value.problems] == ["PF301"]


def test_unknown_genitive() -> None:
    """A genitive that is not known is a problem of the data with the remedy, not a blank."""
    template = Template.open(docx("{{ plan.owner.genitive }}"))
    with pytest.raises(DataError) as caught:
        template.render(plan(owner="Зүйл"))
    assert [p.code for p in caught.value.problems] == ["PF301"]
    given = {"name": "Зүйл", "genitive": "Зүйлийн"}
    assert outline(template.render(plan(owner=given))) == "Зүйлийн"


def test_nothing_is_left_out() -> None:
    """A node that a form's loops do not reach is a problem that names it."""
    template = Template.open(
        docx(
            "{%p for o in plan.all_objectives %}\n{%p for m in o.all_measures %}\n{{ m.text }}\n{%p endfor %}\n{%p endfor %}"
        )
    )
    with pytest.raises(DataError) as caught:
        template.render(plan(objectives=[{"text": "о", "measures": ["а"]}], measures=["үлдсэн"]))
    assert [(p.code, p.place and p.place.describe("en")) for p in caught.value.problems] == [("PF302", "measures[0]")]
    assert "үлдсэн" in caught.value.format("mn")


def test_check() -> None:
    """`check` gives the problems of a template, and of data in it, and never raises for them."""
    assert [p.severity for p in check(docx("{{ plan.title }}"))] == ["note"]
    assert [p.code for p in check(docx("{{ plan.x }}"))] == ["PF205"]
    assert [p.code for p in check(b"PK\x03\x04 no archive")] == ["PF257"]
    assert [p.code for p in check(docx("{{ report.title }}"), data=plan())] == ["PF303"]


def test_unknown_builtin() -> None:
    """A mistyped name of a form gets the right one."""
    with pytest.raises(TemplateError) as caught:
        Template.builtin("paln")
    assert caught.value.problems[0].args["near"] == "plan"


_SCRIPT = """
import sys
from planforge import Template, load
from planforge import archive, inspection, opc
data = load("samples/govisumber-2021/report.yaml")
document = Template.builtin("report").render(data)
print(hash("x"), opc.content_digest(document), __import__("hashlib").sha256(document).hexdigest())
"""


def test_same_bytes_everywhere() -> None:
    """The same data give the same bytes under another hash seed, time zone and locale (law 3)."""
    seen, seeds = set(), set()
    for seed, zone, locale in (
        ("0", "UTC", "C"),
        ("1", "Asia/Ulaanbaatar", "C.UTF-8"),
        ("2", "America/New_York", "POSIX"),
    ):
        env = {**os.environ, "PYTHONHASHSEED": seed, "TZ": zone, "LC_ALL": locale, "PYTHONUTF8": "1"}
        done = subprocess.run(
            [sys.executable, "-c", _SCRIPT], capture_output=True, text=True, check=True, cwd=ROOT, env=env
        )
        hashed, *digests = done.stdout.split()
        seeds.add(hashed)
        seen.add(tuple(digests))
    assert len(seeds) == 3
    assert len(seen) == 1


def test_save(tmp_path: Path) -> None:
    """A document is written whole under its name, and nothing else is left in the folder."""
    target = tmp_path / "Тайлан.docx"
    target.write_bytes(b"old")
    assert save(b"new", target) == target
    assert target.read_bytes() == b"new"
    assert list(tmp_path.iterdir()) == [target]


def test_save_from_threads(tmp_path: Path) -> None:
    """Saving changes nothing of the process: files get the mode that the user's mask says, from any thread."""
    with ThreadPoolExecutor(8) as pool:
        paths = list(pool.map(lambda n: save(b"x", tmp_path / f"{n}.docx"), range(200)))
    (tmp_path / "plain").write_bytes(b"")
    assert {p.stat().st_mode for p in paths} == {(tmp_path / "plain").stat().st_mode}


def test_save_does_not_follow_links(tmp_path: Path) -> None:
    """A link at the target is replaced; what it points to stays as it was."""
    victim = tmp_path / "victim"
    victim.write_bytes(b"keep")
    link = tmp_path / "out.docx"
    link.symlink_to(victim)
    save(b"new", link)
    assert victim.read_bytes() == b"keep"
    assert link.read_bytes() == b"new"
    assert not link.is_symlink()


def test_save_refusals(tmp_path: Path) -> None:
    """A missing folder, a folder in the place of the file, a name too long: each its own problem, nothing left."""
    (tmp_path / "folder.docx").mkdir()
    for path, code in (
        (tmp_path / "no" / "x.docx", "PF502"),
        (tmp_path / "folder.docx", "PF503"),
        (tmp_path / f"{'ө' * 200}.docx", "PF504"),
        (tmp_path / "а\0.docx", "PF504"),
    ):
        with pytest.raises(OutputError) as caught:
            save(b"new", path)
        assert [p.code for p in caught.value.problems] == [code]
    assert [p.name for p in tmp_path.iterdir()] == ["folder.docx"]


def test_engines() -> None:
    """A document is the same whatever deflates it, and the digest of its text too; the default is shown."""
    template = Template.open(docx("{%p for m in plan.all_measures %}\n{{ m.text }}\n{%p endfor %}"))
    assert template.engine is archive.engine()
    standard = replace(template, engine=archive.STANDARD)
    many = plan(measures=[f"Арга хэмжээ {n}" for n in range(2_000)])
    documents = [each.render(many) for each in (template, standard)]
    assert len({opc.content_digest(document) for document in documents}) == 1
    assert [read(document) for document in documents] == [many, many]


def test_a_large_document_is_never_whole_in_memory() -> None:
    """Rendering a part of 20 MB takes less memory than its text."""
    template = Template.open(docx("{%p for x in items %}\n{{ text }}\n{%p endfor %}"), schema=None)
    data: dict[str, object] = {"items": list(range(20_000)), "text": "а" * 500}
    template.render(data)
    tracemalloc.start()
    document = template.render(data)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert len(part(document)) > 20_000_000
    assert peak < 6_000_000


def test_verify() -> None:
    """Only what the template itself does not have is found, each fault in the document by its place."""
    dirty = opc.Package(dict(opc.unpack(docx("{{ plan.title }}")).parts))
    settings = dirty.parts["word/settings.xml"].replace(b' w:percent="100"', b"")
    template = Template.open(dirty.replace({"word/settings.xml": settings}).to_bytes())
    assert [p.args["rule"] for p in template.findings] == ["zoom-percent"]
    document = template.render(plan())
    assert template.verify(document) == ()
    package = opc.unpack(document)
    broken = package.parts["word/document.xml"].replace(b"</w:r>", b"</w:r>x")
    (problem,) = template.verify(package.replace({"word/document.xml": broken}).to_bytes(), file="a.docx")
    assert (problem.code, problem.args["rule"]) == ("PF510", "text-place")
    assert "a.docx" in problem.format("mn")


def test_embedding() -> None:
    """`embed=False` leaves the data and the anchors out; the visible parts are the same."""
    template = Template.open(docx("{{ plan.title }}"))
    with_data, without = (inspection.read(template.render(plan(), embed=e)) for e in (True, False))
    assert [n for n in without.parts if "customXml" in n] == []
    assert anchors.remove(with_data.parts["word/document.xml"]) == without.parts["word/document.xml"]
