"""Law 5 over made-up templates: what compiles renders any plan or report to a valid package, or says what is wrong.

The templates are random trees of paragraphs, tables, merged cells, content controls and headers with random tags in
them; some compile and some do not, but nothing ever ends in another exception than planforge's own.
"""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any
from xml.sax.saxutils import escape

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from planforge import Plan, Report, Template, inspection, opc, templates, view, wml
from planforge.errors import PlanforgeError, Problem, TemplateError
from planforge.filters import FILTERS, Filter
from planforge.package_rules import check_package
from planforge.vocabulary import ListOf, MapOf, Record, Scalar, Type
from tests import sdk
from tests.bodies import docx, numbered
from tests.strategies import plans, reports, texts

MARK = "⟦{{ plan.title }}⟧"
REFUSALS = {"PF301", "PF302", "PF303", "PF306", "PF312", "PF313", "PF324", "PF501"}
"""Why a form may refuse data: an unknown case form, nodes left out, a plan for a report's form, spans, colours, limits."""


# --- expressions -----------------------------------------------------------------------------------------------------

Names = Mapping[str, Type | None]
"""The names in scope and their types; None: unknown."""

TOP: Names = {name: found.type for name, found in view.names().items()}
CONSTANTS = ("'а'", '"б&<в>"', "0", "1", "2.50", "true", "none", "''", "'{0}'", "'\\\\'", "'a\\nб'", "()", "1000000")
LABELS = ('"Зорилт 1. Текст"', '"НЭГ. ТЕКСТ"', '"1.1 Текст"', '"I. Текст:"', '"{Текст}"')
ARGUMENTS: Mapping[str, tuple[str, ...]] = {
    "label": LABELS,
    "ended": ("';'", "'.'", "plan.year", "'{'"),
    "join": ("'; '", "1", "plan.stage"),
    "default": ("'-'", "0", "plan.title", "none", "()"),
    "date": ('"2021.10.15"', '"2021 оны 10 дугаар сарын 15-ны өдөр"', '"x"'),
    "ending": ('"гарах"', '"ablative"', '"x"'),
    "number": ('"space"', '"comma"', "1"),
}
PICTURE = (
    '<w:r><w:drawing><wp:inline xmlns:wp="http://schemas.openxmlformats.org/drawingml/2006/wordprocessingDrawing" '
    'xmlns:a="http://schemas.openxmlformats.org/drawingml/2006/main" '
    'xmlns:pic="http://schemas.openxmlformats.org/drawingml/2006/picture"><wp:extent cx="9525" cy="9525"/>'
    '<wp:docPr id="{}" name="п"/><a:graphic><a:graphicData '
    'uri="http://schemas.openxmlformats.org/drawingml/2006/picture"><pic:pic><pic:nvPicPr><pic:cNvPr id="1" name="п"/>'
    "<pic:cNvPicPr/></pic:nvPicPr><pic:blipFill><a:blip/><a:stretch><a:fillRect/></a:stretch></pic:blipFill>"
    "<pic:spPr/></pic:pic></a:graphicData></a:graphic></wp:inline></w:drawing></w:r>"
)
SHAPE = (
    '<w:r><w:pict><v:rect xmlns:v="urn:schemas-microsoft-com:vml" id="_x0000_s{}" style="width:9pt;height:9pt"/>'
    "</w:pict></w:r>"
)
SPANS = ("1", "2", "loop.index", "plan.all_measures | length", "0", "plan.title")
COLOURS = ("'FFCC00'", "'auto'", "('#00ff00' if plan.stage else 'auto')", "plan.title", "plan.year")


@dataclass
class Writer:
    """Writes random dialect: a seeded generator is much faster here than drawing every letter.

    A tame one leaves out most of what cannot compile.
    """

    chance: random.Random
    ids: int = 0
    loops: int = 0
    row_loop: bool = False
    """Whether a loop repeats the row at hand."""

    def __post_init__(self) -> None:
        self.wild = self.one_in(3)

    def fresh(self) -> int:
        self.ids += 1
        return self.ids

    def one_in(self, count: int) -> bool:
        return self.chance.randrange(count) == 0

    def path(self, names: Names) -> tuple[str, Type | None]:
        """A name and some fields below it."""
        source = self.chance.choice([*names])
        kind = names[source]
        while isinstance(kind, Record) and not self.one_in(5):
            sure = [
                (n, f) for n, f in kind.fields.items() if self.wild or not (f.optional and isinstance(f.type, Record))
            ]
            name, found = self.chance.choice(sure)
            source += f".{found.template_name if self.one_in(4) else name}"
            kind = found.type
        if isinstance(kind, MapOf) and self.one_in(2):
            return f"{source}['а']", kind.value
        if isinstance(kind, ListOf) and self.one_in(4) and (self.wild or not isinstance(kind.item, Record)):
            return f"({source} | first)" if self.one_in(2) else f"{source}[0]", kind.item
        return source, kind

    def filtered(self, source: str, kind: Type | None) -> str:
        fitting = [f for f in FILTERS if kind is None or f.accepts(kind)] or [*FILTERS]
        found = self.chance.choice([*FILTERS] if self.wild and self.one_in(20) else fitting)
        return f"{source} | {self.chance.choice((found.name, found.mn))}{self.arguments(found)}"

    def arguments(self, found: Filter) -> str:
        given = ARGUMENTS.get(found.name, ("",))
        return f"({self.chance.choice(given if self.wild else given[:2])})" if found.most else ""

    def expression(self, names: Names, depth: int = 2) -> str:
        source, kind = self.path(names)
        if depth == 0:
            return source if self.one_in(2) else self.chance.choice(CONSTANTS)
        one, two = (self.expression(names, depth - 1) for _ in range(2))
        return self.chance.choice(
            (
                source,
                source,
                self.filtered(source, kind),
                self.filtered(source, kind),
                self.filtered(f"({one})", None),
                f"({source} or {two})",
                f"({one} or {two})",
                f"({one} and {two})",
                f"(not {one})",
                f"({one} if {source} else {two})",
                f"({source} if {source} else {two})",
                f"({source} if {source})",
                f"({one} {self.chance.choice(('==', '!=', '<', '>=', 'in', 'not in'))} {two})",
                f"({source} {self.chance.choice(('==', '<', 'in'))} {self.chance.choice(CONSTANTS)})",
                f"({one} < {two} < {source})",
                f"({one} + {two} - 1)",
                f"({one} ~ {two})",
                f"({one}, {two})",
                f"({source} is {self.chance.choice(('present', 'empty', 'odd', 'even', 'defined'))})",
                f"({source})[{one}]",
            )
        )

    def output(self, names: Names) -> str:
        """A `{{ }}`, mostly of something that may be printed."""
        if self.wild and self.one_in(5):
            return f"{{{{ {self.expression(names)} }}}}"
        for _ in range(20):
            source, kind = self.path(names)
            if isinstance(kind, Scalar):
                return f"{{{{ {source} }}}}" if self.one_in(2) else f"{{{{ {self.filtered(source, kind)} }}}}"
        return MARK

    def condition(self, names: Names) -> str:
        if self.wild and self.one_in(4):
            return self.expression(names, 1)
        one, two = self.path(names)[0], self.path(names)[0]
        return self.chance.choice(
            (one, one, f"not {one}", f"{one} and {two}", f"{one} or not {two}", "plan.year > 2023")
        )

    def loop(self, names: Names) -> tuple[str, Names]:
        """The inside of a `for` tag, and the names in its body."""
        lists = [
            (f"{name}.{field}", found.type.item)
            for name, kind in names.items()
            if isinstance(kind, Record)
            for field, found in kind.fields.items()
            if isinstance(found.type, ListOf) and not (isinstance(found.type.item, Record) and field == "nodes")
        ]
        source, item = self.chance.choice(lists)
        name = self.chance.choice(("x", "м", "x", "y", "өнөөдөр", *(("plan", "loop") if self.wild else ())))
        bound = {**names, name: item}
        test = f" if {self.condition(bound)}" if self.one_in(4) else ""
        return f"for {name} in {source}{test}", {**bound, "loop.index": Scalar.NUMBER, "loop.last": Scalar.BOOL}

    # -- blocks: what opens, what stands between, what closes; `tag` writes one tag of the level at hand

    def block(self, names: Names, write: Any, tag: Any) -> list[Any]:
        """A loop or a condition around what `write` gives for the names inside."""
        if self.one_in(2):
            opening, inner = self.loop(names)
            self.loops += 1
            out = [tag(opening), *write(inner)]
            self.loops -= 1
            out += [tag("else"), *write(names)] if self.one_in(4) else []
            return [*out, tag("endfor")]
        out = [tag(f"if {self.condition(names)}"), *write(names)]
        while self.one_in(4):
            out += [tag(f"elif {self.condition(names)}"), *write(names)]
        out += [tag("else"), *write(names)] if self.one_in(3) else []
        return [*out, tag("endif")]

    # -- runs

    def runs(self, names: Names, depth: int = 1) -> list[str]:
        """Pieces of the text of a paragraph."""
        out: list[str] = []
        for _ in range(self.chance.randrange(4)):
            kind = self.chance.randrange(8)
            if kind < 3:
                out.append(self.output(names))
            elif kind == 3 and depth:
                out += self.block(names, lambda inner: self.runs(inner, depth - 1), lambda body: f"{{% {body} %}}")
            elif kind == 4:
                name = self.chance.choice(("s", "plan", "x") if self.wild else ("s", "t"))
                value = self.expression(names, 1) if self.wild else self.path(names)[0]
                out.append(f"{{% set {name} = {value} %}}")
            elif kind == 5:
                out.append("{# тайлбар #}")
            else:
                out.append(self.chance.choice(("а ", " & <б>", "50 %", "{ ", "1.")))
        return out

    def paragraph(self, names: Names, text: str | None = None) -> str:
        """A paragraph, its text cut into runs as Word likes to."""
        joined = "".join(self.runs(names)) if text is None else text
        cuts = sorted(self.chance.randrange(len(joined) + 1) for _ in range(self.chance.choice((0, 0, 1, 3))))
        pieces = [joined[a:b] for a, b in zip([0, *cuts], [*cuts, len(joined)], strict=True)]
        between = self.chance.choice(("", "", '<w:proofErr w:type="spellStart"/>', "<!-- x -->", "<?pf 0?>"))
        runs = between.join(self.run(piece) for piece in pieces)
        shape = self.chance.randrange(14) if text is None else 99
        if shape == 0:
            number = self.fresh()
            name = "_GoBack" if number == 1 else f"b{number}"
            runs = f'<w:bookmarkStart w:id="{number}" w:name="{name}"/>{runs}<w:bookmarkEnd w:id="{number}"/>'
        elif shape == 1:
            runs = f"<w:sdt><w:sdtPr/><w:sdtContent>{runs}</w:sdtContent></w:sdt>"
        elif shape == 2:
            runs = f'<w:ins w:id="{self.fresh()}" w:author="a">{runs}</w:ins>'
        elif shape == 3:
            runs = f'<w:hyperlink w:anchor="b{self.ids}">{runs}</w:hyperlink>'
        elif shape == 4:
            begin, end = ('<w:r><w:fldChar w:fldCharType="%s"/></w:r>' % k for k in ("begin", "end"))  # noqa: UP031
            runs = f"{begin}<w:r><w:instrText>PAGE</w:instrText></w:r>{end}{runs}"
        elif shape == 5:
            runs = f"<w:r><w:tab/></w:r>{runs}<w:r><w:br/><w:t>.</w:t></w:r>"
        elif shape == 6:
            runs += PICTURE.format(self.fresh())
        elif shape == 7:
            runs += SHAPE.format(self.fresh())
        return f'<w:p><w:pPr>{self.numbers(text)}<w:jc w:val="left"/></w:pPr>{runs}</w:p>\n  '

    def numbers(self, text: str | None) -> str:
        """What makes a paragraph an entry of a list."""
        if text is not None or not self.one_in(4):
            return ""
        return f'<w:numPr><w:ilvl w:val="{self.chance.randrange(3)}"/><w:numId w:val="{self.chance.randrange(4)}"/></w:numPr>'

    def run(self, text: str) -> str:
        look = "<w:rPr><w:b/></w:rPr>" if self.one_in(3) else ""
        return f'<w:r>{look}<w:t xml:space="preserve">{escape(text)}</w:t></w:r>'

    # -- paragraphs, tables, controls

    def blocks(self, names: Names, depth: int) -> list[str]:
        out: list[str] = []
        for _ in range(self.chance.randrange(1, 4)):
            kind = self.chance.randrange(10)
            if kind < 4 or not depth:
                out.append(self.paragraph(names))
            elif kind < 7:
                out += self.block(
                    names,
                    lambda inner: self.blocks(inner, depth - 1),
                    lambda body: self.paragraph(names, f"{{%p {body} %}}"),
                )
            elif kind < 9:
                out.append(self.table(names, depth - 1))
                out.append(self.paragraph(names))
            else:
                inside = "".join(self.blocks(names, depth - 1))
                own = f'<w:sdtPr><w:id w:val="{self.fresh()}"/></w:sdtPr>'
                out.append(f"<w:sdt>{own}<w:sdtContent>{inside}</w:sdtContent></w:sdt>")
        return out

    def table(self, names: Names, depth: int) -> str:
        columns = self.chance.randrange(1, 7 if self.one_in(3) else 4)
        rows = [self.row(names, columns, depth, header=True)] if self.one_in(4) else []
        around, self.row_loop = self.row_loop, False
        rows += self.rows(names, columns, depth, levels=2)
        self.row_loop = around
        grid = '<w:gridCol w:w="900"/>' * columns
        head = f'<w:tblPr><w:tblW w:w="0" w:type="auto"/></w:tblPr><w:tblGrid>{grid}</w:tblGrid>'
        return f"<w:tbl>{head}{''.join(rows)}</w:tbl>"

    def rows(self, names: Names, columns: int, depth: int, levels: int) -> list[str]:
        out: list[str] = []
        for _ in range(self.chance.randrange(1, 3)):
            kind = self.chance.randrange(6)
            if kind < 3 and levels:
                out += self.block(
                    names,
                    self.inner_rows(columns, depth, levels - 1),
                    lambda body: self.row(names, columns, 0, text=f"{{%tr {body} %}}"),
                )
            elif kind == 3 and levels:
                inside = "".join(self.rows(names, columns, depth, levels - 1))
                out.append(f"<w:sdt><w:sdtPr/><w:sdtContent>{inside}</w:sdtContent></w:sdt>")
            elif kind == 4:
                out += [
                    self.row(names, columns, depth, merge=m) for m in ('<w:vMerge w:val="restart"/>', "<w:vMerge/>")
                ]
            else:
                out.append(self.row(names, columns, depth))
        return out

    def inner_rows(self, columns: int, depth: int, levels: int) -> Callable[[Names], list[str]]:
        """What writes the rows in a block."""
        around = self.loops

        def write(names: Names) -> list[str]:
            outer = self.row_loop
            self.row_loop = outer or self.loops > around
            out = self.rows(names, columns, depth, levels)
            self.row_loop = outer
            return out

        return write

    def row(
        self, names: Names, columns: int, depth: int, *, text: str | None = None, merge: str = "", header: bool = False
    ) -> str:
        """A row: one cell over all columns for a tag, else random spans."""
        if text is not None:
            cells = [self.table_cell(columns, self.paragraph(names, text))]
        else:
            cells = [cell for _, cell in self.cells(names, columns, depth, merge)]
        properties = "<w:trPr><w:tblHeader/></w:trPr>" if header else ""
        return f"<w:tr>{properties}{''.join(cells)}</w:tr>\n"

    def cells(
        self,
        names: Names,
        columns: int,
        depth: int,
        merge: str = "",
        *,
        in_block: bool = False,
        in_loop: bool = False,
    ) -> list[tuple[int, str]]:
        """Cells of random spans that fill these columns, some in blocks of cells, with the span of each."""
        out: list[tuple[int, str]] = []
        left = columns
        while left:
            if left > 2 and not in_block and (out or not merge) and self.one_in(2):
                around = self.loops
                block: list[tuple[int, str]] = self.block(
                    names,
                    lambda inner, around=around: self.cells(
                        inner, self.chance.choice((1, 1, 2)), 0, in_block=True, in_loop=self.loops > around
                    ),
                    lambda body: (1, self.table_cell(1, self.paragraph(names, f"{{%tc {body} %}}"))),
                )
                if sum(span for span, _ in block) <= left:
                    out += block
                    left = columns - sum(span for span, _ in out)
                    continue
            span = 1 if merge else self.chance.randrange(1, left + 1)
            cell = self.table_cell(span, "".join(self.cell(names, depth, in_loop)), "" if out else merge)
            if self.one_in(12):
                cell = f"<w:sdt><w:sdtPr/><w:sdtContent>{cell}</w:sdtContent></w:sdt>"
            out.append((span, cell))
            left -= span
        return out

    def table_cell(self, span: int, content: str, merge: str = "") -> str:
        own = (f'<w:gridSpan w:val="{span}"/>' if span > 1 else "") + merge
        return f'<w:tc><w:tcPr><w:tcW w:w="900" w:type="dxa"/>{own}</w:tcPr>{content}</w:tc>'

    def cell(self, names: Names, depth: int, in_loop: bool = False) -> list[str]:
        out: list[str] = []
        said = ""
        if self.one_in(2 if in_loop else 30 if self.wild else 10_000):
            said += "{% hm %}"
        if self.one_in(8):
            said += f"{{% colspan {self.chance.choice(SPANS if self.wild else SPANS[:2])} %}}"
        if self.one_in(8):
            said += f"{{% cellbg {self.chance.choice(COLOURS if self.wild else COLOURS[:3])} %}}"
        if self.one_in(3):
            key = self.path(names)[0] if self.one_in(2) else "plan.title"
            is_bare = self.one_in(2 if self.row_loop else 30 if self.wild else 10_000)
            said += "{% vm %}" if is_bare else f"{{% vm {key} %}}"
        if said:
            before = "а" if self.one_in(3) else ""
            out.append(self.paragraph(names, before + said + ("".join(self.runs(names)) if self.one_in(2) else "")))
        out += self.blocks(names, depth)
        if out[-1].startswith("<w:sdt") or self.one_in(3):
            out.append(self.paragraph(names))
        return out

    def crossed(self, xml: str) -> str:
        """Blocks that a bookmark may reach over, wherever its ends may stand."""
        places = [found.end() for found in re.finditer("</w:(?:r|p|tr|tc|tblGrid)>", xml)]
        if not self.one_in(3) or not places:
            return xml
        start, end = sorted(self.chance.choice(places) for _ in range(2))
        own = f'w:id="{self.fresh()}"'
        begin = f'<w:bookmarkStart {own} w:name="x{self.ids}"/>'
        return f"{xml[:start]}{begin}{xml[start:end]}<w:bookmarkEnd {own}/>{xml[end:]}"

    def document(self) -> bytes:
        """A document that begins with the mark, sometimes with tags in its footer."""
        body = self.paragraph({}, MARK) + self.crossed("".join(self.blocks(TOP, self.chance.randrange(1, 4))))
        if not self.one_in(3):
            return numbered(body)
        parts = dict(inspection.read(numbered(body)).parts)
        footer = "".join(self.blocks(TOP, 2))
        name = "word/footer1.xml"
        start = templates.base()[name].decode().partition("<w:p")[0]
        parts[name] = f"{start}{footer}</w:ftr>".encode()
        return opc.Package(parts).to_bytes()


def writers() -> st.SearchStrategy[Writer]:
    return st.integers(0, 2**64).map(lambda seed: Writer(random.Random(seed)))


# --- the laws --------------------------------------------------------------------------------------------------------


def rendered(template: Template, data: Any) -> bytes | tuple[Problem, ...]:
    """The document, or why the form refuses these data."""
    try:
        return template.render(data, today=date(2024, 2, 29))
    except PlanforgeError as error:
        return tell(error)


def opened(document: bytes, **options: Any) -> Template | tuple[Problem, ...]:
    """The compiled template, or its faults."""
    try:
        return Template.open(document, **options)
    except TemplateError as error:
        return tell(error)


def tell(error: PlanforgeError) -> tuple[Problem, ...]:
    """The problems of an error: there are some, and each can be told in both languages."""
    assert error.problems
    assert all(p.format("mn") and p.format("en") for p in error.problems)
    return error.problems


def paragraphs(document: bytes) -> Iterator[str]:
    package = inspection.read(document)
    return (wml.text_of(p) for p in package.parse(package.main).iter(wml.w("p")))


EMPTY = Plan.model_validate({"title": "Х & <о> {{ x }}", "year": 2024, "owner": "Хэлтэс"})
subjects = st.just(EMPTY) | st.just(Report(plan=EMPTY)) | plans() | reports()


@given(writers(), subjects)
@settings(max_examples=35)
def test_documents(writer: Writer, subject: Plan | Report) -> None:
    """A random template compiles or has faults; if it compiles, its documents keep every rule and are exact."""
    source = writer.document()
    assert check_package(source) == ()
    template = opened(source)
    if isinstance(template, Template):
        document = rendered(template, subject)
        if isinstance(document, bytes):
            assert check_package(document) == ()
            title = (subject.plan if isinstance(subject, Report) else subject).title
            assert next(paragraphs(document)) == f"⟦{title}⟧"
        else:
            assert {p.code for p in document} <= REFUSALS
    else:
        assert all(p.place is not None for p in template)


@given(writers(), subjects)
@settings(max_examples=100)
def test_expressions(writer: Writer, subject: Plan | Report) -> None:
    """A random expression that compiles has a value for every plan and report."""
    name, item = writer.chance.choice([("m", "plan.all_measures"), ("o", "plan.all_objectives")])
    kind = view.level_record("measure" if name == "m" else "objective")
    for _ in range(4):
        line = writer.expression({**TOP, name: kind}, 3)
        text = f"{MARK}{{% for {name} in {item} %}}{{{{ {line} }}}}{{% if {line} %}}x{{% endif %}}{{% endfor %}}"
        template = opened(docx(text))
        if isinstance(template, Template):
            document = rendered(template, subject)
            assert isinstance(document, bytes) or {p.code for p in document} <= REFUSALS


PLAIN = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.decimals(allow_nan=False, allow_infinity=False, places=2)
    | st.dates()
    | texts(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from("abcа"), inner, max_size=3),
    max_leaves=8,
)
UNTYPED: Names = dict.fromkeys(("a", "b", "c", "a.b", "b.а", "a[0]", "c['b']"))


@given(writers(), st.dictionaries(st.sampled_from("abc"), PLAIN))
@settings(max_examples=100)
def test_untyped(writer: Writer, data: dict[str, object]) -> None:
    """Without a schema any expression that compiles gives a document or problems of the data, whatever they are."""
    for _ in range(4):
        line = writer.expression(UNTYPED, 2)
        text = f"{{% for x in a %}}{{{{ x.b }}}}{{% endfor %}}{{{{ {line} }}}}{{% if {line} %}}{{{{ c }}}}{{% endif %}}"
        template = opened(docx(text), schema=None)
        if isinstance(template, Template):
            document = rendered(template, data)
            assert not isinstance(document, bytes) or check_package(document) == ()


@given(writers())
@settings(max_examples=40)
def test_mangled(writer: Writer) -> None:
    """A template with letters taken out or put in at random compiles or has faults."""
    source = inspection.read(writer.document())
    xml = source.parts[source.main].decode()
    for _ in range(writer.chance.randrange(1, 6)):
        if "{" not in xml:
            break
        at = xml.index("{", writer.chance.randrange(xml.rindex("{"))) + writer.chance.randrange(20)
        letter = writer.chance.choice(("", "", "}", "{", "%", "'", '"', "(", "|", "x", "endif", " "))
        if not any(c in xml[at - 1 : at + 2] for c in "<>&;/"):
            xml = xml[:at] + letter + xml[at + 1 :]
    document = source.replace({source.main: xml.encode()}).to_bytes()
    template = opened(document)
    if isinstance(template, Template):
        rendered(template, EMPTY)


@pytest.mark.sdk
def test_sdk() -> None:
    """A sample of what random templates render is valid for Microsoft's validator too."""
    sdk.program()
    objective = {"text": "о", "measures": [{"text": "м", "criteria": ["х", "у"]}, "н"]}
    measure = {"text": "к", "result": {"percent": 50}}
    plan = {"title": "Т", "year": 2024, "owner": "Хэлтэс", "objectives": [objective, "п"], "measures": [measure]}
    subject = Report(plan=Plan.model_validate(plan))
    checked = {True: 0, False: 0}
    for seed in range(1_000):
        source = Writer(random.Random(seed)).document()
        package = inspection.read(source)
        has_columns = b"{%tc" in package.parts[package.main]
        template = opened(source) if checked[has_columns] < 3 else ()
        if isinstance(template, Template):
            documents = [rendered(template, data) for data in (subject, Report(plan=EMPTY))]
            errors = next((sdk.validate(document) for document in documents if isinstance(document, bytes)), None)
            assert not errors
            checked[has_columns] += errors is not None
        if min(checked.values()) == 3:
            return
    raise AssertionError("hardly any of the random templates compiles")
