"""The annotated copy of a template: a real Word comment on each fault, everything else as it was."""

from __future__ import annotations

import json
import os
import random
import re
import subprocess
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from lxml import etree

from planforge import Plan, Template, annotation, check, cli, opc, wml
from planforge.annotation import annotate, remark
from planforge.errors import DataPlace, DocumentPlace, Problem, TemplateError
from planforge.opc import Package
from planforge.package_rules import check_package
from planforge.wml import W14, w
from tests import sdk
from tests.bodies import docx, outline, part, with_body
from tests.packages import attached
from tests.packages import document as packaged
from tests.packages import p as plain
from tests.test_tags import (
    COMMENT,
    COMMENT_END,
    NAMES,
    REFERENCE,
    REL,
    TYPE,
    P,
    box,
    control,
    core,
    ins,
    link,
    named,
    notes,
    p,
    r,
    row,
    table,
)
from tests.test_templates_random import Writer, writers

PLAN = Plan.model_validate({"title": "Т", "year": 2024, "owner": "Хэлтэс", "measures": ["м"]})
FAULT = "{{ plan.titel }}"
MESSAGE = "«plan» дотор «titel» гэсэн талбар байхгүй. Магадгүй: title."
HINT = "Талбарын нэрийг засаж бичнэ үү. Нэрсийг харах бол: planforge fields"


def comments(document: bytes) -> dict[str, list[str]]:
    """The lines of planforge's comments by id."""
    package = opc.unpack(document)
    return {
        c.get(w("id"), ""): [wml.text_of(p) for p in c.iter(w("p"))]
        for name in package.related("comments")
        for c in package.parse(name)
        if c.get(w("author")) == "planforge"
    }


def anchored(document: bytes) -> list[tuple[str, list[str]]]:
    """What each comment stands on, with its lines, in the order of the document."""
    package = opc.unpack(document)
    lines = comments(document)
    open_: dict[str, str] = {}
    found = []
    for element in package.parse(package.main).iter(etree.Element):
        id_ = element.get(w("id"), "")
        if element.tag == w("commentRangeStart"):
            open_[id_] = ""
        elif element.tag == w("commentRangeEnd"):
            if id_ in lines:
                found.append((open_.pop(id_), lines[id_]))
        elif element.tag == w("commentReference") and id_ in lines:
            assert id_ not in open_, "a reference stands behind its range"
        elif element.tag == w("t") and next(element.iterancestors(w("txbxContent")), None) is None:
            open_ = {key: text + (element.text or "") for key, text in open_.items()}
    return found


def texts(document: bytes) -> list[str]:
    """The text of each paragraph of the body."""
    root = opc.unpack(document).parse("word/document.xml")
    etree.strip_tags(root, etree.Comment, etree.ProcessingInstruction)
    return [wml.text_of(p) for p in root.iter(w("p"))]


def looks(document: bytes) -> list[tuple[str, str]]:
    """Every letter, break and the like with the properties of its run."""
    root = opc.unpack(document).parse("word/document.xml")
    etree.strip_tags(root, etree.Comment, etree.ProcessingInstruction)
    out = []
    for run in root.iter(w("r")):
        look = "".join(etree.QName(e).localname for e in run.iterfind(f"{w('rPr')}/*"))
        for child in run:
            if child.tag == w("t"):
                out += [(letter, look) for letter in child.text or ""]
            elif child.tag not in (w("rPr"), w("commentReference")):
                out.append((etree.QName(child).localname, look))
    return out


def annotated(source: bytes, **options: Any) -> bytes:
    """The copy, held to what every copy keeps."""
    copy = annotate(source, **options)
    assert texts(copy) == texts(source)
    assert looks(copy) == looks(source)
    assert annotate(source, **options) == copy, "the same bytes each time"
    assert annotate(copy, **options) == copy, "comments do not pile up"
    assert check(copy) == check(source)
    assert {q.format() for q in check_package(copy)} <= {q.format() for q in check_package(source)}
    before, after = opc.unpack(source), opc.unpack(copy)
    changed = {name for name, data in after.parts.items() if before.parts.get(name) != data}
    own = {"[Content_Types].xml", "word/document.xml", "word/comments.xml", "word/_rels/document.xml.rels"}
    assert changed <= own
    assert set(before.parts) <= set(after.parts)
    return copy


# --- where a comment stands ------------------------------------------------------------------------------------------

ROW = "{%tr for m in plan.all_measures %}"
PLACES: dict[str, tuple[bytes, list[tuple[str, str]]]] = {
    "a tag in a paragraph": (docx(f"а {FAULT} б"), [(FAULT, "PF205")]),
    "the same tag twice": (docx(f"{FAULT} ба {FAULT}"), [(FAULT, "PF205"), (FAULT, "PF205")]),
    "two faults in one tag": (docx("{{ plan.titel ~ plan.yeer }}"), [("{{ plan.titel ~ plan.yeer }}", "PF205")] * 2),
    "a cell": (docx(f"| а | б {FAULT} ¶ в |"), [(FAULT, "PF205")]),
    "the second paragraph of a cell": (docx(f"| а | б ¶ в {FAULT} |"), [(FAULT, "PF205")]),
    "a nested table": (
        with_body(table(row(P("а") + table(row(P("б"), P(FAULT))) + P("в"))) + table(row(P("{{ plan.yeer }}")))),
        [(FAULT, "PF205"), ("{{ plan.yeer }}", "PF205")],
    ),
    "a row": (docx(f"| а | {ROW} |"), [(ROW, "PF217")]),
    "a tag that is not closed": (docx("а {{ plan.title б"), [("{{ plan.title б", "PF201")]),
    "a content control": (with_body(control(P("а"), P(FAULT)) + P("{{ plan.yeer }}")), [(FAULT, "PF205"), ("{{ plan.yeer }}", "PF205")]),
    "a formula": (
        named(p(r("а"), f"<m:oMath><m:r><m:t>{FAULT}</m:t></m:r></m:oMath>", r("б"))),
        [("аб", "PF219")],
    ),
    "a text box": (named(P("а") + p(r("б"), box(P(FAULT)), r("в"))), [("бв", "PF205")]),
    "a table in a text box": (
        named(p(r("б"), box(table(row(P(FAULT))) + P("г"))) + table(row(P("{{ plan.yeer }}")))),
        [("б", "PF205"), ("{{ plan.yeer }}", "PF205")],
    ),
    "a text box without tags before it": (
        named(p(r("б"), box(table(row(P("а"))) + P("г"))) + table(row(P(FAULT)))),
        [(FAULT, "PF205")],
    ),
    "a footnote": (notes("footnotes", P(FAULT)).to_bytes(), [("х", "")]),
    "a comment": (notes("comments", P(FAULT)).to_bytes(), [("х", "")]),
    "a property": (core(FAULT), [("x", "")]),
    "a footer": (packaged(plain("а"), footer1=f"<w:ftr {NAMES}>{P(FAULT)}</w:ftr>").to_bytes(), [("а", "")]),
    "a document that is all right": (docx("{{ plan.title }}"), []),
}  # fmt: skip


@pytest.mark.parametrize(("source", "expected"), PLACES.values(), ids=list(PLACES))
def test_places(source: bytes, expected: list[tuple[str, str]]) -> None:
    """A comment stands on the text that the problem quotes; what can hold none is told at the beginning, with its place."""
    copy = annotated(source)
    found = anchored(copy)
    assert [text for text, _ in found] == [text for text, _ in expected]
    for (_, lines), (_, code) in zip(found, expected, strict=True):
        if code:
            assert lines[-1] == f"алдаа {code}"
        else:
            (problem,) = check(source)
            assert problem.place is not None
            assert lines[1:] == [problem.place.describe("mn"), MESSAGE, HINT, "алдаа PF205"]


def test_a_break_in_what_is_quoted() -> None:
    """A comment stands on what its problem quotes, be there a line break or a tab in it."""
    source = with_body(
        p(r("а" * 40 + "{ {"), "<w:r><w:br/></w:r>", r("б"), "<w:r><w:tab/></w:r>", r("в")) + P("{{ plan.title }}")
    )
    ((stood_on, lines),) = anchored(annotated(source))
    assert stood_on == "а" * 25 + "{ {бв"
    assert lines[-1] == "анхааруулга PF326"


def test_lines() -> None:
    """Message, hint and code, in the language that is asked for."""
    source = docx("{%p if plan.issuer.name %}\nх\n{%p endif %}")
    (problem,) = check(source)
    for lang, label in (("mn", "алдаа"), ("en", "error")):
        told = comments(annotated(source, lang=lang)).values()
        assert [*told] == [[problem.message(lang), problem.hint(lang), f"{label} PF206"]]  # type: ignore[arg-type]


SPLIT = {
    "runs of unlike looks": p(r("а {", "b"), r("{ plan."), r("titel", "i"), r(" }}", "u"), r(" б")),
    "text on both sides": p(r(f"а {FAULT} б", "b")),
    "a break in the run": p(f"<w:r><w:rPr><w:b/></w:rPr><w:br/><w:t>а </w:t><w:tab/><w:t>{FAULT}</w:t><w:cr/></w:r>"),
    "a link": p(r("{{ plan"), link(r(".titel }} б"))),
    "a tracked insertion": p(ins(r("а {{ plan")), r(".titel }}")),
    "a content control in a line": p(r("а"), control(r(f"{FAULT} б"))),
    "hyphens": p("<w:r><w:t>а</w:t><w:noBreakHyphen/><w:t>{{ plan.titel }}</w:t><w:noBreakHyphen/></w:r>"),
    "comments of XML": p(f"<w:r><w:t>а {FAULT[:9]}<!-- x -->{FAULT[9:]} б</w:t></w:r>"),
    "spaces between elements": f"\n <w:p>\n  {r('а')}\n  <w:r>\n   <w:t>б{FAULT}в</w:t>\n  </w:r>\n </w:p>\n",
}


@pytest.mark.parametrize("xml", SPLIT.values(), ids=list(SPLIT))
def test_tags_split_over_runs(xml: str) -> None:
    """The range begins and ends at the tag's letters; every letter keeps its look."""
    source = with_body(xml)
    copy = annotated(source)
    assert [text for text, _ in anchored(copy)] == [FAULT]


def test_numbering_is_that_of_the_compiler() -> None:
    """Every paragraph of a document in which everything nests has its own fault, and the comment stands on it."""
    names = iter(f"х{n}" for n in range(100))

    def fault() -> str:
        return P(f"{{{{ {next(names)} }}}}")

    inner = table(row(fault(), fault() + table(row(fault())) + fault()))
    xml = fault() + control(fault(), table(row(fault()))) + inner + p(r("а"), box(table(row(P("б"))))) + fault() + inner
    source = named(xml + table(row(control(fault()), fault()), row(fault())) + fault())
    found = anchored(annotated(source))
    assert len(found) == len(check(source)) > 15
    assert all(lines[0].startswith(f"«{text[3:-3]}» ") for text, lines in found)


# --- what is there already ---------------------------------------------------------------------------------------------


def test_comments_of_people_stay() -> None:
    """Their ids, texts and ranges are as they were; planforge's go on counting, also past ids that nothing has."""
    xml = f'<w:comments {NAMES}><w:comment w:id="2" w:author="Б">{P("Зөв үү?")}</w:comment></w:comments>'
    lost = '<w:commentRangeStart w:id="6"/><w:commentRangeEnd w:id="6"/>'
    base = with_body(p(COMMENT, r("а {{ plan"), COMMENT_END, REFERENCE, r(".titel }}")) + p(lost, r(FAULT)))
    source = opc.unpack(base).add("word/comments.xml", xml.encode(), f"{TYPE}comments+xml", REL + "comments")
    copy = annotated(source.to_bytes())
    assert list(comments(copy)) == ["7", "8"]
    assert [text for text, _ in anchored(copy)] == [FAULT, FAULT]
    assert "Зөв үү?" in part(copy, "word/comments.xml").decode()
    assert part(copy).count(b'w:id="2"') == 3


def test_a_part_that_has_the_name_is_left_alone() -> None:
    """A part `word/comments.xml` that the document does not relate to is no part of comments."""
    package = opc.unpack(docx(FAULT)).add("word/comments.xml", b"<a/>", "application/xml", None)
    copy = opc.unpack(annotate(package.to_bytes()))
    assert copy.related("comments") == ("word/comments1.xml",)
    assert copy.parts["word/comments.xml"] == b"<a/>"


def test_mended_template_renders_without_the_comments() -> None:
    """The officer mends the annotated copy itself: it is a template like any other, and prints none of the comments."""
    copy = annotate(docx(f"а {FAULT}\n{{%p for m in plan.all_measures %}}\n{{{{ m.txt }}}}\n{{%p endfor %}}"))
    package = opc.unpack(copy)
    mended = package.parts["word/document.xml"].replace(b"titel", b"title").replace(b"m.txt", b"m.text")
    document = Template.open(package.replace({"word/document.xml": mended}).to_bytes()).render(PLAN)
    assert outline(document) == "а Т\nм"
    assert opc.unpack(document).related("comments") == ()
    assert b"comment" not in part(document)
    assert check_package(document) == ()


def test_what_word_adds_to_comments_goes_with_them() -> None:
    """Word notes comments in parts of its own; a person's answer to one of planforge's stays as a comment."""
    package = opc.unpack(annotate(docx(FAULT)))
    known = package.parts["word/comments.xml"].decode().replace("<w:comments ", f'<w:comments xmlns:w14="{W14[1:-1]}" ')
    answer = f'<w:comment w:id="9" w:author="Б"><w:p w14:paraId="00000002">{r("Засав")}</w:p></w:comment></w:comments>'
    known = re.sub("<w:p>(?=(?!.*<w:p>))", '<w:p w14:paraId="00000001">', known).replace("</w:comments>", answer)
    main = (
        package.parts["word/document.xml"].decode().replace("</w:p>", '<w:r><w:commentReference w:id="9"/></w:r></w:p>')
    )
    package = package.replace({"word/comments.xml": known.encode(), "word/document.xml": main.encode()})
    for kind, prefix, xml in (
        ("commentsExtended", "http://schemas.microsoft.com/office/word/2012/wordml",
         '<c:commentsEx xmlns:c="{}"><c:commentEx c:paraId="00000001" c:done="0"/>'
         '<c:commentEx c:paraId="00000002" c:paraIdParent="00000001" c:done="0"/></c:commentsEx>'),
        ("commentsIds", "http://schemas.microsoft.com/office/word/2016/wordml/cid",
         '<c:commentsIds xmlns:c="{}"><c:commentId c:paraId="00000001" c:durableId="0000000A"/>'
         '<c:commentId c:paraId="00000002" c:durableId="0000000B"/></c:commentsIds>'),
        ("commentsExtensible", "http://schemas.microsoft.com/office/word/2018/wordml/cex",
         '<c:commentsExtensible xmlns:c="{}"><c:commentExtensible c:durableId="0000000A"/>'
         '<c:commentExtensible c:durableId="0000000B"/></c:commentsExtensible>'),
    ):  # fmt: skip
        years = {"commentsExtended": "2011/relationships", "commentsIds": "2016/09/relationships"}
        relation = f"http://schemas.microsoft.com/office/{years.get(kind, '2018/08/relationships')}/{kind}"
        package = package.add(f"word/{kind}.xml", xml.format(prefix).encode(), f"{TYPE}{kind}+xml", relation)
    mended = package.replace({"word/document.xml": package.parts["word/document.xml"].replace(b"titel", b"title")})
    document = Template.open(mended.to_bytes()).render(PLAN)
    assert "Засав" in part(document, "word/comments.xml").decode()
    assert "planforge" not in part(document, "word/comments.xml").decode()
    notes_ = b"".join(
        part(document, f"word/{k}.xml") for k in ("commentsExtended", "commentsIds", "commentsExtensible")
    )
    assert re.findall(rb'(?:paraId|durableId|paraIdParent)="0*(\w)"', notes_) == [b"2", b"2", b"B", b"B"]
    assert check_package(document) == ()


def test_link_to_a_template_stays() -> None:
    """What reading drops with a warning stays in the copy: it is the officer's file."""
    source = attached("file:///C:/a.dotx")
    ((_, lines),) = anchored(annotate(source))
    assert "анхааруулга PF279" in lines
    assert part(annotate(source), "word/settings.xml") == part(source, "word/settings.xml")


def test_problems_with_data() -> None:
    """What is wrong with data in a template is told too: where no place in the body is meant, at the beginning."""
    copy = annotate(docx("{{ plan.title }}"), data=PLAN, lang="en")
    (told,) = comments(copy).values()
    assert "warning PF322" in told


def test_remark() -> None:
    """Problems of any kind and place, also of places that are not there, and signs that XML cannot hold."""
    places = [
        None,
        DataPlace("а\x01.yaml", 1, 2),
        DocumentPlace(part="word/document.xml"),
        DocumentPlace(part="word/document.xml", table=9, row=1),
        DocumentPlace(part="word/document.xml", table=1, row=9),
        DocumentPlace(part="word/document.xml", paragraph=99),
    ]
    copy = remark(docx("а\n| б |"), [Problem("PF204", place, {"name": "х", "near": "у"}) for place in places])
    ((text, lines),) = anchored(copy)
    assert (text, lines.count("алдаа PF204")) == ("а", 6)
    assert "а\ufffd.yaml:1:2" in lines


def test_empty_body() -> None:
    """A body without a paragraph gets one for the comment."""
    copy = remark(with_body(""), [Problem("PF303")])
    assert len(comments(copy)) == 1
    assert check_package(copy) == ()


@pytest.mark.parametrize("source", [b"title: x", docx("x")[:300], attached("http://a/b.dotm")])
def test_what_is_no_document_is_refused(source: bytes) -> None:
    """A file that cannot be read has its own problems."""
    with pytest.raises(TemplateError):
        annotate(source)


def test_much_formatting(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where cutting runs would repeat too much of their formatting, comments stand on the whole paragraph."""
    look = f'<w:rPr><w:rFonts w:ascii="{"а" * 2000}"/></w:rPr>'
    source = with_body(f"<w:p><w:r>{look}<w:t>а {' '.join([FAULT] * 5)}</w:t></w:r></w:p>")
    monkeypatch.setattr(annotation, "MAX_FORMATTING", 10_000)
    assert {text for text, _ in anchored(annotate(source))} == {texts(source)[0]}


# --- the command -----------------------------------------------------------------------------------------------------


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with a faulty form, one that is all right, and a plan, where the test now is."""
    monkeypatch.chdir(tmp_path)
    Path("form.docx").write_bytes(docx(FAULT))
    Path("good.docx").write_bytes(docx("{{ plan.title }}"))
    Path("plan.yaml").write_text("planforge: plan/1\ntitle: Т\nyear: 2024\nowner: Х\nmeasures: [м]\n", encoding="utf-8")
    return tmp_path


def test_check_annotates(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """`check --annotate` tells as `check` does, and writes what `annotate` gives."""
    assert cli.run(["--lang", "mn", "check", "form.docx"]) == 1
    told = capsys.readouterr()
    assert cli.run(["--lang", "mn", "check", "form.docx", "--annotate", "a.docx"]) == 1
    again = capsys.readouterr()
    assert again.out == told.out
    assert "Алдаа бүрд тайлбар тавьсан хуулбар: a.docx" in again.err
    assert Path("a.docx").read_bytes() == annotate("form.docx")
    assert cli.run(["--lang", "en", "check", "a.docx", "--annotate", "b.docx", "--json"]) == 1
    assert json.loads(capsys.readouterr().out)[0]["code"] == "PF205"
    assert Path("b.docx").read_bytes() == annotate("form.docx", lang="en")


def test_check_annotates_what_is_all_right(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A template without a fault has a copy without comments: whoever asks for a file gets one, and is told."""
    assert cli.run(["--lang", "en", "check", "good.docx", "--annotate", "a.docx"]) == 0
    assert "There was nothing to comment on. A copy without comments: a.docx" in capsys.readouterr().err
    assert comments(Path("a.docx").read_bytes()) == {}


def test_check_annotates_the_template_that_data_are_tried_in(folder: Path) -> None:
    """With -t the comments stand in the template, those on the data at its beginning."""
    assert cli.run(["--lang", "en", "check", "plan.yaml", "-t", "good.docx", "--annotate", "a.docx"]) == 0
    (told,) = comments(Path("a.docx").read_bytes()).values()
    assert "warning PF322" in told


@pytest.mark.parametrize(
    ("args", "code"),
    [
        (["form.docx", "--annotate", "form.docx"], "PF722"),
        (["form.docx", "--annotate", "./FORM.docx"], "PF722"),
        (["form.docx", "--annotate", "plan.yaml"], "PF723"),
        (["plan.yaml", "--annotate", "a.docx"], "PF234"),
        (["form.docx", "good.docx", "--annotate", "a.docx"], "PF234"),
        (["*.pdf", "--annotate", "a.docx"], "PF234"),
        (["-", "--annotate", "a.docx"], "PF234"),
        (["plan.yaml", "-t", "plan", "--annotate", "a.docx"], "PF234"),
    ],
)
def test_check_refuses_to_annotate(
    folder: Path, capsys: pytest.CaptureFixture[str], args: list[str], code: str
) -> None:
    """Nothing is overwritten, and one Word template gets comments: wrong use, nothing is checked or written."""
    before = {path.name: path.read_bytes() for path in folder.iterdir()}
    assert cli.run(["check", *args]) == 2
    told = capsys.readouterr()
    assert code in told.err
    assert told.out == ""
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == before


def test_check_cannot_annotate_a_broken_file(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """What is wrong with it is told once, and there is no copy."""
    Path("bad.docx").write_bytes(docx("x")[:300])
    assert cli.run(["check", "bad.docx", "--annotate", "a.docx"]) == 1
    assert capsys.readouterr().out.count("PF25") == 1
    assert not Path("a.docx").exists()


# --- all together ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "name", ["the same tag twice", "a nested table", "a row", "a text box", "a footer", "a comment"]
)
def test_sdk(name: str) -> None:
    """The copies are valid."""
    source, _ = PLACES[name]
    assert set(sdk.validate(annotate(source))) <= set(sdk.validate(source))


@pytest.mark.office
def test_libreoffice(libreoffice: Path, tmp_path: Path) -> None:
    """LibreOffice opens the copy, and keeps author and text of its comments when it saves it."""
    source = tmp_path / "a.docx"
    source.write_bytes(annotate(docx(f"а {FAULT}\n| б | {ROW} |")))
    home = f"-env:UserInstallation={(tmp_path / 'home').as_uri()}"
    command: list[str | Path] = [
        libreoffice,
        home,
        "--headless",
        "--convert-to",
        "docx:MS Word 2007 XML",
        "--outdir",
        tmp_path / "out",
    ]
    subprocess.run(
        [*command, source], check=True, capture_output=True, timeout=120, env={**os.environ, "LANG": "C.UTF-8"}
    )
    saved = (tmp_path / "out" / "a.docx").read_bytes()
    assert sorted(text for text, _ in anchored(saved)) == [ROW, FAULT]
    assert {p.code for p in check(saved)} == {"PF205", "PF217"}


def spoiled(source: bytes, chance: random.Random) -> bytes:
    """The template with one random fault in its body."""
    xml = part(source).decode()
    faults: list[Callable[[str], str]] = [
        lambda tag: tag.replace("plan", "paln").replace(" x", " хх"),
        lambda tag: tag[:-1],
        lambda tag: tag.replace("%}", "}"),
        lambda tag: tag.replace("end", "edn").replace("for ", "fro ").replace("if ", "fi "),
        lambda tag: "",
        lambda tag: f"{tag} {FAULT}",
    ]
    found = list(re.finditer(r"\{[{%][^{}<>]*[}%]\}", xml))
    if not found:
        return source
    where = chance.choice(found)
    return Package({**opc.unpack(source).parts, "word/document.xml": (
        xml[: where.start()] + chance.choice(faults)(where.group()) + xml[where.end() :]
    ).encode()}).to_bytes()  # fmt: skip


@given(writers())
@settings(max_examples=25)
def test_random_templates(writer: Writer) -> None:
    """A comment for each problem that has a place in the body, on what it quotes; the copy keeps all else."""
    source = spoiled(writer.document(), writer.chance)
    copy = annotated(source)
    problems = [problem for problem in check(source) if problem.severity != "note"]
    spots = [q.place for q in problems if isinstance(q.place, DocumentPlace) and q.place.part == "word/document.xml"]
    placed = [re.sub(r"[\n\t]", "", str(place.quote)) for place in spots if place.paragraph or place.table]
    found = anchored(copy)
    assert len(found) == len(placed) + (len(placed) < len(problems))
    assert Counter(placed) <= Counter(text for text, _ in found)
