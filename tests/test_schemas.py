"""Templates over models of the user's own: what each type prints, what is refused, and that no code of theirs runs."""

from __future__ import annotations

import random
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta, timezone
from decimal import Decimal
from enum import Enum, IntEnum
from pathlib import Path, PurePosixPath
from typing import Annotated, Any, Literal
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    HttpUrl,
    JsonValue,
    PrivateAttr,
    RootModel,
    computed_field,
    create_model,
    field_validator,
)
from pydantic import dataclasses as pydantic_dataclasses
from typing_extensions import TypedDict

from planforge import Image, PlanforgeError, Template, check, opc, wml
from planforge.errors import DataPlace, Problem
from planforge.model import Term
from planforge.schemas import MAX_DEPTH
from tests.bodies import docx
from tests.images import png
from tests.test_cli import spawn


class Status(Enum):
    PAID = "төлсөн"
    OPEN = "нээлттэй"


class Rank(IntEnum):
    HIGH = 1


class Cat(BaseModel):
    kind: Literal["cat"] = "cat"
    name: str = "Мий"
    age: int = 3
    lives: int = 9


class Dog(BaseModel):
    kind: Literal["dog"] = "dog"
    name: str = "Банхар"
    age: str = "хоёр"


class Node(BaseModel):
    name: str
    above: Node | None = None
    nodes: list[Node] = []


class Tags(RootModel[list[str]]):
    pass


class Size(TypedDict, total=False):
    width: int


@dataclass(slots=True)
class Point:
    x: int
    y: int = 2


@pydantic_dataclasses.dataclass
class Seat:
    row: int = 4


class Thing(BaseModel):
    model_config = ConfigDict(arbitrary_types_allowed=True)

    text: str = "а & <б>"
    whole: int = 7
    real: float = 0.1
    large: float = 1e22
    exact: Decimal = Decimal("2.50")
    flag: bool = True
    day: date = date(2024, 3, 20)
    moment: datetime = datetime(2024, 3, 20, 14, 30)
    zoned: datetime = datetime(2024, 3, 20, 14, 30, 5, tzinfo=timezone(timedelta(hours=8)))
    hour: time = time(9, 5)
    status: Status = Status.PAID
    rank: Rank = Rank.HIGH
    word: Literal["a", "b"] = "b"
    number_or_text: int | str = 5
    day_or_flag: date | bool = date(2024, 3, 20)
    uuid: UUID = UUID(int=1)
    path: PurePosixPath = PurePosixPath("а/б.txt")
    url: HttpUrl = HttpUrl("https://example.mn/a")
    nothing: str | None = None
    lacking: str = None  # type: ignore[assignment]  # seen in the wild, and pydantic lets it be
    texts: list[str] = ["б", "а"]
    holes: list[int | None] = [1, None, 2]
    pair: tuple[int, str] = (1, "нэг")
    many: tuple[int, ...] = (1, 2)
    some: set[str] = {"я", "ө", "а", "о"}
    numbers: frozenset[int] = frozenset({10, 9})
    by_name: dict[str, int] = {"нэг хоёр": 1}
    by_number: dict[int, str] = {2024: "он"}
    by_status: dict[Status, Decimal] = {Status.OPEN: Decimal("1.0")}
    pet: Cat | Dog = Dog()
    pets: list[Cat | Dog] = [Cat(), Dog()]
    one_or_many: str | list[str] = ["а", "б"]
    model_or_text: Cat | str = Cat()
    anything: Any = {"а": [1, Cat(), Status.PAID, datetime(2024, 1, 2, 3, 4)]}
    json_value: JsonValue = {"а": [1, {"б": 2}]}
    tags: Tags = Tags(["а", "б"])
    size: Size = {}
    point: Point = Point(1)
    seat: Seat = Seat()
    picture: Image | None = None
    named: Annotated[str, Term("Албан нэр", also=("цол",))] = Field("Дорж", alias="officialName")
    secret: str = Field("нууц", exclude=True)
    node: Node = Node(name="эх", nodes=[Node(name="хүү")])
    raw: bytes = b"x"
    _private: str = PrivateAttr("хувийн")

    @computed_field
    def doubled(self) -> Annotated[Decimal, Term("Хоёр дахин")]:
        return self.exact * 2

    @property
    def trap(self) -> str:
        raise AssertionError("a property was read")

    def method(self) -> str:
        raise AssertionError("a method was called")


def printed(template: str, schema: dict[str, Any], data: dict[str, Any]) -> str:
    """The paragraphs of a document, as one text."""
    package = opc.unpack(Template.open(docx(template), schema=schema).render(data))
    return "\n".join(wml.text_of(p) for p in package.parse(package.main).iter(wml.w("p")))


def refused(template: str, schema: dict[str, Any], data: dict[str, Any]) -> tuple[Problem, ...]:
    with pytest.raises(PlanforgeError) as caught:
        printed(template, schema, data)
    for problem in caught.value.problems:
        assert problem.format("mn")
        assert problem.format("en")
    return caught.value.problems


PRINTED = {
    "{{ x.text }}": "а & <б>",
    "{{ x.whole + 1 }}": "8",
    "{{ x.real }}": "0.1",
    "{{ x.large }}": "10000000000000000000000",
    "{{ x.exact }}": "2.50",
    "{{ x.flag }}": "тийм",
    "{{ x.day }}": "2024.03.20",
    "{{ x.day | date('10 дугаар сарын 15') }}": "03 дугаар сарын 20",
    "{{ x.moment }}": "2024.03.20 14:30",
    "{{ x.moment | date('2021.10.15') }}": "2024.03.20",
    "{{ x.zoned }}": "2024.03.20 14:30:05+08:00",
    "{{ x.hour }}": "09:05",
    "{{ x.status }}{% if x.status == 'төлсөн' %}!{% endif %}": "төлсөн!",
    "{{ x.rank + 1 }}": "2",
    "{{ x.word | upper }}": "B",
    "{{ x.number_or_text | upper }}": "5",
    "{{ x.day_or_flag }}": "2024.03.20",
    "{{ x.uuid }}": "00000000-0000-0000-0000-000000000001",
    "{{ x.path }}": "а/б.txt",
    "{{ x.url }}": "https://example.mn/a",
    "[{{ x.nothing }}]{% if x.nothing %}бий{% else %}алга{% endif %}": "[]алга",
    "[{{ x.lacking }}]": "[]",
    "{{ x.texts }}": "б, а",
    "{{ x.texts[1] }}{{ x.texts | first }}": "аб",
    "{% for n in x.holes %}{{ loop.index }}{{ n }};{% endfor %}": "11;2;32;",
    "{% for n in x.holes %}{% if n %}{{ n + 1 }}{% endif %}{% endfor %}": "23",
    "{{ x.pair | join('-') }}": "1-нэг",
    "{% for n in x.many %}{{ n + 1 }}{% endfor %}": "23",
    "{{ x.some }}": "а, о, ө, я",
    "{{ x.numbers }}": "9, 10",
    "{{ x.by_name.нэг_хоёр }}": "1",
    "{{ x.by_number[2024] }}": "он",
    "{% for k, v in x.by_status | items %}{{ k | upper }} {{ v }}{% endfor %}": "НЭЭЛТТЭЙ 1.0",
    "{{ x.pet.name }} {{ x.pet.age }} {{ x.pet.kind }}": "Банхар хоёр dog",
    "{% for p in x.pets %}{{ p.age | upper }} {% endfor %}": "3 ХОЁР ",
    "{{ x.one_or_many | join(';') }}": "а;б",
    "{{ x.model_or_text.name }}": "Мий",
    "{{ x.anything.а | last }} {{ x.anything.а[1].lives }}": "2024.01.02 03:04 9",
    "{% if x.json_value %}{{ x.json_value.а[1].б }}{% endif %}": "2",
    "{% for t in x.tags %}{{ t | upper }}{% endfor %}": "АБ",
    "[{{ x.size.width }}]": "[]",
    "{{ x.point.x + x.point.y }} {{ x.seat.row }}": "3 4",
    "{{ x.named }} {{ x.Албан_нэр }} {{ x.цол }} {{ x.officialName }}": "Дорж Дорж Дорж Дорж",
    "{{ x.doubled }} {{ x.хоёр_дахин + 1 }}": "5.00 6.00",
    "{% for n in x.node.nodes %}{{ x.node.name }}: {{ n.name }}{% endfor %}": "эх: хүү",
    "{{ x.status ~ ' ' ~ (x.nothing or 'үгүй') }}": "төлсөн үгүй",
    "{% if x.picture %}{{ x.picture }}{% else %}зураггүй{% endif %}": "зураггүй",
}


@pytest.mark.parametrize("template", PRINTED)
def test_prints(template: str) -> None:
    """Each type prints as the manual says, through its operators and filters."""
    assert printed(template, {"x": Thing}, {"x": Thing()}) == PRINTED[template]


def test_a_mapping_is_validated() -> None:
    """Plain data become the model before they are printed, as pydantic makes them; other types than models too."""
    template = "{{ x.whole }} {{ x.day }} {{ x.status }} {{ x.named }} {% for d in days %}{{ d | weekday }}{% endfor %}"
    given = {"whole": "12", "day": "2025-01-02", "status": "нээлттэй", "officialName": "Бат"}
    data = {"x": given, "days": ["2025-01-02"]}
    assert printed(template, {"x": Thing, "days": list[date]}, data) == "12 2025.01.02 нээлттэй Бат пүрэв гараг"


FAULTS = {
    "{{ x.txt }}": ("PF205", "text"),
    "{{ y.text }}": ("PF204", "x"),
    "{{ x.pet.lives }}": ("PF205", ""),
    "{{ x.node.nodes.name }}": ("PF205", "for x in"),
    "{{ x.node.above.name }}": ("PF206", ""),
    "{% if x.nothing == 'а' %}а{% endif %}": ("PF206", ""),
    "{% for n in x.holes %}{{ n + 1 }}{% endfor %}": ("PF206", ""),
    "{% if x.whole == '7' %}а{% endif %}": ("PF214", ""),
    "{% if x.number_or_text == 5 %}а{% endif %}": ("PF214", ""),
    "{% if x.moment > x.day %}а{% endif %}": ("PF214", ""),
    "{{ x.text | date('2021.10.15') }}": ("PF209", ""),
    "{{ x.text | genitve }}": ("PF207", "genitive"),
    "{% for t in x.text %}{{ t }}{% endfor %}": ("PF211", ""),
    "{{ x.node }}": ("PF212", "x.node.name"),
    "{{ x.node + 1 }}": ("PF214", ""),
    "{{ x.by_name }}": ("PF212", ""),
    "{{ x.text.upper() }}": ("PF210", ""),
    **{
        f"{{{{ x.{name} }}}}": ("PF205", "")
        for name in ("secret", "trap", "method", "model_config", "model_dump", "model_fields", "json", "copy")
    },
    **{f"{{{{ x.{name} }}}}": ("PF210", "") for name in ("_private", "__class__", "__dict__", "__init__")},
    "{{ x['__class__'] }}": ("PF210", ""),
    "{{ x.node.name.__class__ }}": ("PF210", ""),
}


@pytest.mark.parametrize("template", FAULTS)
def test_faults(template: str) -> None:
    """Every check of the language holds for the user's types, without data: `check` tells the same."""
    code, near = FAULTS[template]
    found = check(docx(template), schema={"x": Thing})
    assert [problem.code for problem in found] == [code]
    assert near in found[0].format("en")
    assert found[0].format("mn")


class Guarded(BaseModel):
    number: int = 1
    texts: list[str] = []

    @field_validator("number")
    @classmethod
    def small(cls, value: int) -> int:
        if value > 9:
            raise ValueError("too large")
        return value


CONSTRUCTED = Guarded.model_construct(number="а", texts=[None])  # type: ignore[arg-type, list-item]
UNDEFINED = create_model("M", y=("Nowhere", ...))  # type: ignore[arg-type, maybe-unrecognized-str-typeform]
UNFIT: dict[str, tuple[dict[str, Any], list[tuple[str, tuple[str | int, ...]]]]] = {
    "another type": ({"x": {"number": "а", "texts": ["а", 1]}}, [("PF780", ("number",)), ("PF780", ("texts", 1))]),
    "a validator": ({"x": {"number": 10}}, [("PF781", ("number",))]),
    "constructed": (
        {"x": CONSTRUCTED},
        [("PF780", ("number",)), ("PF780", ("texts", 0))],
    ),
    "no text at all": ({"x": Guarded(texts=["\x00"])}, [("PF140", ("texts", 0))]),
    "another class": ({"x": Cat()}, [("PF781", ())]),
}


@pytest.mark.parametrize("case", UNFIT)
def test_data_that_do_not_fit(case: str) -> None:
    """All data that are not as the schema says are told at once, with their paths."""
    data, expected = UNFIT[case]
    found = refused("{{ x.number }}{{ x.texts }}", {"x": Guarded}, data)
    paths = [problem.place.path for problem in found if isinstance(problem.place, DataPlace)]
    if case == "another class":
        assert paths == [("x",)]
    else:
        assert [(p.code, path) for p, path in zip(found, paths, strict=True)] == [(c, ("x", *p)) for c, p in expected]


def test_names_at_the_top() -> None:
    """A name that is missing and one too many are told; one that may be absent may be left out."""
    schema = {"cat": Cat, "dog": Dog | None}
    assert [p.code for p in refused("{{ cat.name }}", schema, {"cta": Cat()})] == ["PF782", "PF304"]
    assert printed("{{ cat.name }}{% if dog %}{{ dog.name }}{% endif %}", schema, {"cat": Cat()}) == "Мий"
    assert [p.code for p in refused("а", schema, [])] == ["PF307"]  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "schema",
    [
        {"x": 5},
        {"x": "int"},
        {"_x": Cat},
        {"a b": Cat},
        {"x": Cat, "X": Dog},
        {"x": UNDEFINED},
    ],
)
def test_no_schema(schema: dict[str, Any]) -> None:
    """What is no schema is refused before the template is compiled."""
    assert [p.code for p in refused("а", schema, {})] == ["PF784"]


def test_only_what_is_printed_is_read() -> None:
    """A value that no document can hold, and a computed field, matter only where a template reads them."""
    asked = []

    class Lazy(BaseModel):
        raw: bytes = b"x"
        text: str = "а"

        @computed_field
        def once(self) -> str:
            asked.append(1)
            return "б"

    assert printed("{{ x.text }}", {"x": Lazy}, {"x": Lazy()}) == "а"
    assert asked == []
    assert printed("{{ x.once }}{{ x.once }}", {"x": Lazy}, {"x": Lazy()}) == "бб"
    assert asked == [1]
    assert [p.code for p in refused("{{ x.raw }}", {"x": Lazy}, {"x": Lazy()})] == ["PF307"]


class Trapped(BaseModel):
    """A model that may not be asked for anything but by pydantic."""

    text: str = "а"
    inner: Cat = Cat()

    def __getattr__(self, name: str) -> Any:
        raise AssertionError(f"{name} was asked for")

    def __str__(self) -> str:
        raise AssertionError("str")

    __repr__ = __format__ = __str__  # type: ignore[assignment]

    def __bool__(self) -> bool:
        raise AssertionError("bool")

    def __eq__(self, other: object) -> bool:
        raise AssertionError("eq")

    __hash__ = None  # type: ignore[assignment]


def test_no_code_of_the_user_runs() -> None:
    """Neither `__getattr__` nor any other method of a class is called for what a template prints or asks."""
    template = "{% for x in all if x %}{{ x.text }}{{ x.inner.name }}{% if x %}!{% endif %}{% endfor %}"
    assert printed(template, {"all": list[Trapped]}, {"all": [Trapped(), Trapped()]}) == "аМий!аМий!"


def test_recursion() -> None:
    """A model that holds itself is described, and so are data that hold themselves; a chain too deep is refused."""
    root = Node(name="эх")
    root.above = root
    root.nodes += [root, root]
    guarded = "{% if n.above %}{{ n.above.name }}{% endif %}{% for m in n.nodes %}{{ m.name }}{% endfor %}"
    assert printed(guarded, {"n": Node}, {"n": root}) == "эхэхэх"
    for _ in range(MAX_DEPTH + 1):
        root = Node(name="а", above=root)
    assert [p.code for p in refused(guarded, {"n": Node}, {"n": root})] == ["PF310"]
    looped: list[Any] = []
    looped += [looped, looped]
    assert [p.code for p in refused("{{ x }}", {"x": Any}, {"x": looped})] == ["PF310"]


def test_pictures() -> None:
    """A field may hold a picture; one that was not made from a file is none."""

    class Card(BaseModel):
        photo: Image | None = None
        seal: Any = None

    template = Template.open(docx("{{ c.photo }}\n{{ c.seal }}"), schema={"c": Card})
    package = opc.unpack(template.render({"c": Card(photo=Image(png()), seal=Image(png()))}))
    assert sum(name.startswith("word/media/") for name in package.parts) == 1
    bad = {"photo": {"data": b"x", "format": "png", "width": 1, "height": 1, "alt": ""}}
    assert [p.code for p in refused("{{ c.photo }}", {"c": Card}, {"c": bad})] == ["PF781"]


def test_nothing_is_embedded() -> None:
    """Documents of a schema of one's own carry no data and no anchors, and need no report, whatever names they use."""
    template = Template.open(docx("{{ report.name }}"), schema={"report": Cat})
    assert not template.needs_report
    document = template.render({"report": Cat()}, embed=True)
    package = opc.unpack(document)
    assert b"_pf" not in package.parts[package.main]
    assert not any("customXml" in name for name in package.parts)
    assert template.render({"report": {"name": "Мий"}}) == document


# --- random models -------------------------------------------------------------------------------------------------

LETTERS = st.text(st.characters(codec="utf-8", exclude_categories=("Cc", "Cs", "Z")), min_size=1, max_size=8)
NAMES = st.sampled_from(
    ["a", "A", "class", "ﬁ", "нэр", "Нэр", "model", "names", "items", "plan", "loop", "f0", "in_", "camelCase", "x1"]
)
LEAVES: list[tuple[Any, st.SearchStrategy[Any]]] = [
    (str, LETTERS),
    (int, st.integers(-(10**9), 10**9)),
    (float, st.floats(-(2**40), 2**40, width=32)),
    (Decimal, st.decimals(-1000, 1000, places=2)),
    (bool, st.booleans()),
    (date, st.dates()),
    (datetime, st.datetimes()),
    (time, st.times()),
    (UUID, st.uuids()),
    (Status, st.sampled_from(Status)),
    (int | str, st.one_of(st.integers(0, 9), LETTERS)),
    (str | None, st.none() | LETTERS),
]


def shown(value: object) -> str:
    """What a document prints of a scalar, said once more."""
    if isinstance(value, Enum):
        return str(value.value)
    if isinstance(value, bool):
        return "тийм" if value else "үгүй"
    if isinstance(value, float):
        return format(Decimal(repr(value)), "f")
    if isinstance(value, datetime):
        return f"{value:%Y}".zfill(4) + f".{value:%m.%d} " + shown(value.time())
    if isinstance(value, date):
        return f"{value.year:04}.{value.month:02}.{value.day:02}"
    if isinstance(value, time):
        return value.isoformat() if value.second or value.microsecond else value.isoformat()[:5]
    return "" if value is None else format(value, "f") if isinstance(value, Decimal) else str(value)


@st.composite
def models(draw: st.DrawFn, depth: int = 2) -> tuple[type[BaseModel], BaseModel]:
    """A model with an instance of it."""
    fields: dict[str, Any] = {}
    values: dict[str, Any] = {}
    for name in draw(st.lists(NAMES, min_size=1, max_size=5, unique=True)):
        shape = draw(st.sampled_from(["leaf", "list", "dict", "model", "models"] if depth else ["leaf", "list"]))
        if shape.startswith("model"):
            annotation, one = draw(models(depth - 1))
            values[name] = one if shape == "model" else [one, one]
        else:
            annotation, strategy = draw(st.sampled_from(LEAVES))
            how = {"leaf": strategy, "list": st.lists(strategy, max_size=3), "dict": st.dictionaries(LETTERS, strategy)}
            values[name] = draw(how[shape])
        of = {"models": list, "list": list}.get(shape)
        fields[name] = (of[annotation] if of else dict[str, annotation] if shape == "dict" else annotation, ...)  # type: ignore[valid-type]
    made = create_model("Made", __base__=Trap, **fields)
    return made, made.model_construct(**values)


class Trap(BaseModel):
    model_config = ConfigDict(protected_namespaces=())

    def __getattr__(self, name: str) -> Any:
        raise AssertionError(name)


def tags(path: str, value: object, counter: list[int]) -> tuple[str, list[str]]:
    """A template that prints everything in a value, and what it should print."""
    name = f"v{len(counter)}"
    counter.append(1)
    if isinstance(value, BaseModel):
        found = [tags(f"{path}['{n}']", v, counter) for n, v in vars(value).items()]
        return "".join(t for t, _ in found), [word for _, words in found for word in words]
    if isinstance(value, dict):
        body = f"{{% for k, {name} in {path} | items %}}[{{{{ k }}}}][{{{{ {name} }}}}]{{% endfor %}}"
        return body, [word for key, one in value.items() for word in (key, shown(one))]
    if isinstance(value, list):
        if not value:
            return f"{{% for {name} in {path} %}}а{{% endfor %}}", []
        inner, _ = tags(name, value[0], counter)
        words = [word for one in value for word in tags(name, one, [1])[1]]
        return f"{{% for {name} in {path} %}}{inner}{{% endfor %}}", words
    return f"[{{{{ {path} }}}}]", [shown(value)]


@given(models())
def test_everything_is_printed(drawn: tuple[type[BaseModel], BaseModel]) -> None:
    """A template that prints every field of a random model prints every value, and asks no instance for anything."""
    model, instance = drawn
    template, words = tags("x", instance, [])
    assert printed(template, {"x": model}, {"x": instance}) == "".join(f"[{word}]" for word in words)


@given(st.integers(0, 10**6))
def test_the_order_of_sets(seed: int) -> None:
    """What a set prints does not depend on the order in which it was made."""
    words = [f"{letter}{n}" for letter in "аөүя" for n in range(5)]
    shuffled = random.Random(seed).sample(words, len(words))
    prints = [printed("{{ x }}", {"x": set[str]}, {"x": set(order)}) for order in (words, shuffled)]
    assert prints[0] == prints[1] == ", ".join(words)


def test_check_imports_the_named_model(tmp_path: Path) -> None:
    """`planforge check --schema module:Model` does what `check(schema=…)` does; what cannot be imported is told."""
    (tmp_path / "shop_of_test.py").write_text(
        "from pydantic import BaseModel\nprint('imported')\n\n\nclass InvoiceLine(BaseModel):\n    text: str\n"
    )
    (tmp_path / "broken_of_test.py").write_text("1 / 0\n")
    (tmp_path / "t.docx").write_bytes(docx("{{ invoice_line.txt }}"))
    (tmp_path / "u.docx").write_bytes(docx("{{ of.text }}"))
    (tmp_path / "plan.yaml").write_text("planforge: plan/1\n")
    cases = {
        ("t.docx", "shop_of_test:InvoiceLine"): (1, "PF205"),
        ("u.docx", "of=shop_of_test:InvoiceLine"): (0, ""),
        ("u.docx", "shop_of_test:InvoicLine"): (2, "PF783"),
        ("u.docx", "shop_of_test"): (2, "PF783"),
        ("u.docx", "broken_of_test:X"): (2, "PF783"),
        ("u.docx", "shop_of_test:BaseModel.nothing"): (2, "PF783"),
        ("u.docx", "of=shop_of_test:__name__"): (1, "PF784"),
        ("plan.yaml", "shop_of_test:InvoiceLine"): (2, "plan.yaml"),
    }
    for (file, schema), (code, problem) in cases.items():
        done = spawn("check", file, "--schema", schema, cwd=tmp_path)
        assert (done.returncode, problem in (done.stdout + done.stderr).decode()) == (code, True), (schema, done)
        assert b"imported" not in done.stdout
