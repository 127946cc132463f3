"""The typed data of plans and reports: frozen models, each field with its Mongolian term.

A plan is a tree of up to four levels of one shape, chapter → objective → activity → measure; any may be absent, and
measures may hold measures. A report joins results to the measures of a plan. The sources of every field are
domain.md 5 and 10 (variants and glossary).

Values are kept as they were given: a number is text (`1.10` is not `1.1`), a period that nobody can parse is kept word
for word. What is pleasant to write is accepted: one value for a list, plain text for a node or a criterion. Faults are
pydantic errors whose type is a problem code where pydantic has no word for it; `planforge.data` gives them places.

Annotations are values here, not strings as elsewhere (`from __future__ import annotations`): pydantic would compile
each string again for every class that inherits it, at each start.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal, InvalidOperation
from enum import StrEnum
from typing import Annotated, Any, ClassVar, Self, TypeAlias, TypeVar, cast

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, WrapValidator, model_validator
from pydantic_core import PydanticCustomError, core_schema

from planforge import mongolian, period, text
from planforge.errors import Words

__all__ = [
    "Activity",
    "AnnexMark",
    "Approval",
    "Attachments",
    "Between",
    "Budget",
    "Chapter",
    "Criterion",
    "Dateline",
    "Defaults",
    "Indicator",
    "Labelled",
    "Measure",
    "Node",
    "Objective",
    "Organisation",
    "Outcome",
    "Part",
    "Person",
    "Plan",
    "Report",
    "Result",
    "Scale",
    "Share",
    "SignOff",
    "Status",
    "Target",
    "Term",
    "derived",
]


@dataclass(frozen=True, slots=True)
class Term:
    """The Mongolian word of a field, its synonyms, what it means in both languages, and an example.

    The term with underscores is the field's name in templates and data files; `also` are the column titles seen in
    real forms (domain.md 5.1).
    """

    mn: str
    also: tuple[str, ...] = ()
    help: str = ""
    help_mn: str = ""
    example: str = ""


Function = TypeVar("Function", bound=Callable[..., object])
DERIVED = "__planforge_derived__"


def derived(
    term: Term, *, name: str = "", demand: str = "", covers: tuple[str, ...] = ()
) -> Callable[[Function], Function]:
    """Marks a property that templates may print.

    `name` is its name there if it stands for the field of that name; `demand` the problem code of a document that
    prints it where it cannot be derived; `covers` the fields that are printed with it.
    """

    def mark(function: Function) -> Function:
        setattr(function, DERIVED, (term, name or function.__name__, demand, covers))
        return function

    return mark


MAX_DIGITS = 30
"""Digits before or behind the point: `1E+99999999` is a number, and would print a hundred million digits."""


# --- scalars -------------------------------------------------------------------------------------------------------


_ONE_TEXT = Words("бичвэр", "a text")
_WRITE_ONE = Words("Нэг утга бичнэ үү.", "Write one value.")


def _text(value: object) -> str:
    if type(value) is str and len(value) <= text.MAX_LENGTH and (value.isprintable() or text.is_clean(value)):
        return value
    if isinstance(value, bool) or not isinstance(value, str | int | Decimal):
        raise PydanticCustomError("PF110", "text expected", {"expected": _ONE_TEXT, "advice": _WRITE_ONE})
    clean = text.normalise(str(value))
    bad = text.refusals(clean)
    if bad:
        raise PydanticCustomError(
            "PF140",
            "a character that no document can hold",
            {"character": text.code_point(bad[0].character), "index": bad[0].index + 1, "count": len(bad)},
        )
    if len(clean) > text.MAX_LENGTH:
        raise PydanticCustomError("PF141", "too long", {"length": len(clean), "limit": text.MAX_LENGTH})
    return clean


def _decimal(value: object) -> Decimal:
    if isinstance(value, Decimal):
        number: Decimal | None = value
    elif isinstance(value, bool):
        number = None
    elif isinstance(value, int | float):
        number = Decimal(str(value))
    elif isinstance(value, str):
        number = mongolian.read_number(value.strip().removesuffix("%").removesuffix("хувь").strip())
    else:
        number = None
    if number is None or not number.is_finite() or not -MAX_DIGITS <= number.adjusted() <= MAX_DIGITS:
        raise PydanticCustomError("PF111", "number expected", {"found": _quote(value)})
    return number


def _percent(value: object) -> Decimal:
    number = _decimal(value)
    if not 0 <= number <= 100:
        raise PydanticCustomError("PF112", "percent between 0 and 100 expected", {"found": _quote(value)})
    return number


def _whole(value: object) -> int:
    try:
        number = _decimal(value)
        if number == number.to_integral_value() and number >= 0:
            return int(number)
    except InvalidOperation:
        pass
    raise PydanticCustomError("PF113", "whole number expected", {"found": _quote(value)})


def _year(value: object) -> int:
    try:
        number = _whole(value)
    except PydanticCustomError:
        number = 0
    if not 1900 <= number <= 2199:
        raise PydanticCustomError("PF114", "year expected", {"found": _quote(value)})
    return number


def _date(value: object) -> date:
    if isinstance(value, date):
        return value
    if isinstance(value, str):
        found = mongolian.read_date(value)
        if found is not None:
            return found
        try:
            return date.fromisoformat(value.strip())
        except ValueError:
            pass
    raise PydanticCustomError("PF115", "date expected", {"found": _quote(value)})


def _dotted(day: date) -> str:
    return f"{day.year:04d}.{day.month:02d}.{day.day:02d}"


def _quote(value: object) -> str:
    shown = str(value)[:61].encode("utf-8", "backslashreplace").decode()  # pydantic cannot carry lone surrogates
    return shown if len(shown) <= 60 else shown[:59] + "…"


def _period(value: object) -> period.Period:
    if not isinstance(value, str) and isinstance(value, period.KINDS):
        return value
    return period.parse(_text(value))


def _many(value: object) -> object:
    """A list field takes one value."""
    return value if isinstance(value, (list, tuple)) else [value]  # `list | tuple` would be made at each call


@dataclass(frozen=True, slots=True)
class _Scalar:
    """How a value without parts is read and written.

    Takes the place of pydantic's plain validator and serializer, which describe the type that they replace as well: for
    a period the thirteen classes of its kinds, in every field.
    """

    read: Callable[[object], object]
    write: Callable[[Any], str] | None = None

    def __get_pydantic_core_schema__(self, source: object, handler: object) -> core_schema.CoreSchema:
        return core_schema.no_info_plain_validator_function(
            self.read,
            json_schema_input_schema=core_schema.any_schema(),
            serialization=self.write and core_schema.plain_serializer_function_ser_schema(self.write),
        )


def _digits(number: Decimal) -> str:
    return format(number, "f")


Text: TypeAlias = Annotated[str, _Scalar(_text)]
Number: TypeAlias = Annotated[Decimal, _Scalar(_decimal, _digits)]
Percent: TypeAlias = Annotated[Decimal, _Scalar(_percent, _digits)]
Whole: TypeAlias = Annotated[int, _Scalar(_whole)]
CalendarYear: TypeAlias = Annotated[int, _Scalar(_year)]
Date: TypeAlias = Annotated[date, _Scalar(_date, _dotted)]
PeriodField: TypeAlias = Annotated[period.Period, _Scalar(_period, str)]
Texts: TypeAlias = Annotated[tuple[Text, ...], BeforeValidator(_many)]


def _each_once(value: Any, read: Callable[[object], dict[object, object]]) -> object:
    """Labels that are read as one (`2024`, `2024.0`) are refused: one of the values would be lost."""
    out = read(value)
    if len(out) != len(value):
        labels: dict[object, object] = {}
        for label, part in value.items():
            (name,) = read({label: part})
            first = labels.setdefault(name, label)
            if first is not label:
                raise PydanticCustomError("PF103", "given twice", {"key": _quote(label), "first": _quote(first)})
    return out


_EachOnce = WrapValidator(_each_once)
_NO_LABELS: Any = Field(default_factory=dict)  # pydantic would copy `{}` for every part, with a third of all its time
Labels: TypeAlias = Annotated[dict[Text, Text], _EachOnce]
"""Label → text, in the order given: what nobody foresaw."""


Identity: TypeAlias = Annotated[
    Text | None, Term("таних тэмдэг", help="Stable id, for results and next year", help_mn="Тогтмол таних тэмдэг")
]
Extra: TypeAlias = Annotated[Labels, Term("нэмэлт", help="Label → text", help_mn="Нэмэлт талбар: нэр → утга")]


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", defer_build=True)

    plain: ClassVar[str | None] = None
    """The field that plain text stands for, and what a template prints where it names the part alone."""

    @model_validator(mode="before")
    @classmethod
    def _accept_plain(cls, value: object) -> object:
        if value.__class__ is dict:  # as most parts are given
            return value
        if cls.plain and isinstance(value, str | int | Decimal) and not isinstance(value, bool):
            return {cls.plain: value}
        return value


class _Word(StrEnum):
    """A closed set of words: the English key is the value; `words` are how people write it, the first as printed."""

    words: tuple[str, ...]

    def __new__(cls, key: str, *words: str) -> Self:
        member = str.__new__(cls, key)
        member._value_ = key
        member.words = words
        return member

    @classmethod
    def _missing_(cls, value: object) -> Self | None:
        key = text.name_key(str(value))
        for member in cls:
            if key == member.value or key in map(text.name_key, member.words):
                return member
        return None


def _word(kind: type[_Word]) -> _Scalar:
    def read(value: object) -> _Word:
        try:
            return kind(str(value))
        except ValueError:
            raise PydanticCustomError(
                "PF116",
                "one of a few words expected",
                {"found": _quote(value), "words": tuple((m.value, m.words[0]) for m in kind)},
            ) from None

    return _Scalar(read, str)


class Status(_Word):
    """Why a measure has no percent (domain.md 4.1); the first word is the short one that columns print."""

    NOT_DUE = "not_due", "ХБ", "хугацаа болоогүй"
    NOT_ASSESSABLE = "not_assessable", "Үнэлэх боломжгүй", "ҮБ"
    NOT_ASSESSED = "not_assessed", "Үнэлээгүй"


class ApprovalKind(_Word):
    """Who signs at the top of the first page (domain.md 2.3)."""

    APPROVED = "approved", "БАТЛАВ"
    CONSENTED = "consented", "ЗӨВШӨӨРӨВ"
    CONFIRMED = "confirmed", "БАТАЛГААЖУУЛСАН"


class SignOffKind(_Word):
    """Who signs at the end (domain.md 2.3)."""

    PREPARED = "prepared", "Боловсруулсан"
    COMPILED = "compiled", "Нэгтгэсэн"
    CHECKED = "checked", "Хянасан"
    NOTED = "noted", "Танилцсан"


class DecisionKind(_Word):
    """The decision that an annex belongs to (domain.md 2.4): the first word is the genitive that the mark prints."""

    ORDER = "order", "тушаалын", "тушаал"
    ORDINANCE = "ordinance", "захирамжийн", "захирамж"
    RESOLUTION = "resolution", "тогтоолын", "тогтоол"
    DECISION = "decision", "шийдвэрийн", "шийдвэр"


class Numbering(_Word):
    """How numbers that are not given are derived (layout-spec.md)."""

    THROUGH = "through", "дараалсан"
    RESTART = "restart", "шинээр"
    NESTED = "nested", "шатласан"


# --- people, bodies, marks -----------------------------------------------------------------------------------------


class Organisation(_Part):
    """A body that plans or reports (байгууллага); plain text is its name."""

    plain = "name"

    name: Annotated[Text, Term("нэр", help="Full name", help_mn="Бүтэн нэр", example="Гаалийн ерөнхий газар")]
    genitive: Annotated[
        Text | None,
        Term(
            "харьяалах нэр",
            help="Genitive of the name; needed where the table of head words does not know it",
            help_mn="Нэрийн харьяалахын тийн ялгал; сүүлчийн үг нь хүснэгтэд байхгүй бол заавал бичнэ",
            example="Гаалийн ерөнхий газрын",
        ),
    ] = None
    short: Annotated[Text | None, Term("товч нэр", help="Abbreviation", help_mn="Товчилсон нэр", example="ГЕГ")] = None
    type: Annotated[
        Text | None,
        Term("төрөл", help="Kind of body", help_mn="Яам, агентлаг, аймаг, сум …", example="агентлаг"),
    ] = None
    script: Annotated[
        Text | None,
        Term(
            "монгол бичгээр",
            help="Name in the traditional script, printed as given",
            help_mn="Монгол бичгээрх нэр",
        ),
    ] = None
    id: Identity = None
    extra: Extra = _NO_LABELS

    @property
    @derived(Term("харьяалах нэр"), name="genitive", demand="PF301")
    def genitive_form(self) -> str | None:
        """The given genitive, else the one by the table of head words; None where the table does not know it."""
        return self.genitive if self.genitive is not None else mongolian.genitive(self.name)


class Person(_Part):
    """Who signs; printed as written (domain.md 1.1: rank after the position's comma, initial and name)."""

    plain = "name"

    position: Annotated[
        Text | None,
        Term("албан тушаал", help="Position", help_mn="Албан тушаал", example="ГААЛИЙН ЕРӨНХИЙ ГАЗРЫН ДАРГА,"),
    ] = None
    rank: Annotated[Text | None, Term("цол", help="Rank", help_mn="Цол", example="БРИГАДЫН ГЕНЕРАЛ")] = None
    name: Annotated[
        Text | None,
        Term("нэр", help="Initial and name", help_mn="Овгийн эхний үсэг, нэр", example="Р.ОТГОНЖАРГАЛ"),
    ] = None
    phone: Annotated[Text | None, Term("утас", help="Telephone", help_mn="Утасны дугаар")] = None
    extra: Extra = _NO_LABELS


class Approval(_Part):
    """An approval mark at the upper right of page 1 (domain.md 2.3); the word is data."""

    kind: Annotated[
        ApprovalKind,
        _word(ApprovalKind),
        Term("төрөл", help="approved, consented or confirmed", help_mn="батлав, зөвшөөрөв, баталгаажуулсан"),
    ] = ApprovalKind.APPROVED
    word: Annotated[
        Text | None,
        Term(
            "тэмдэглэл",
            help="The word printed, if another one",
            help_mn="Хэвлэх үг, өөр бол",
            example="БАТЛАВ.",
        ),
    ] = None
    person: Annotated[Person | None, Term("хүн", also=("албан тушаалтан",), help="Who", help_mn="Хэн")] = None
    date: Annotated[Date | None, Term("огноо", help="Date", help_mn="Огноо", example="2024.03.20")] = None

    @property
    @derived(Term("тэмдэглэл"), name="word")
    def heading(self) -> str:
        """The word given, else the one of the kind."""
        return self.word if self.word is not None else self.kind.words[0]


class SignOff(_Part):
    """A sign-off at the end (domain.md 2.3): prepared, compiled, checked, noted."""

    kind: Annotated[
        SignOffKind,
        _word(SignOffKind),
        Term(
            "төрөл",
            help="prepared, compiled, checked or noted",
            help_mn="боловсруулсан, нэгтгэсэн, хянасан …",
        ),
    ] = SignOffKind.PREPARED
    word: Annotated[
        Text | None, Term("тэмдэглэл", help="The word printed, if another one", help_mn="Хэвлэх үг, өөр бол")
    ] = None
    people: Annotated[
        tuple[Person, ...], BeforeValidator(_many), Term("хүмүүс", also=("хүн",), help="Who", help_mn="Хэн")
    ] = ()
    date: Annotated[Date | None, Term("огноо", help="Date", help_mn="Огноо")] = None

    @property
    @derived(Term("тэмдэглэл"), name="word")
    def heading(self) -> str:
        """The word given, else the one of the kind."""
        return self.word if self.word is not None else self.kind.words[0]


class AnnexMark(_Part):
    """The mark of an annex (хавсралт, domain.md 2.4); an unknown month, day or number prints dots for the hand."""

    issuer: Annotated[
        Text,
        Term("шийдвэр гаргагч", help="Who decided, in the genitive", help_mn="Хэний", example="Засаг даргын"),
    ]
    year: Annotated[CalendarYear, Term("он", help="Year", help_mn="Он", example="2024")]
    month: Annotated[Whole | None, Term("сар", help="Month", help_mn="Сар")] = None
    day: Annotated[Whole | None, Term("өдөр", help="Day", help_mn="Өдөр")] = None
    number: Annotated[
        Text | None,
        Term("дугаар", help="Number of the decision", help_mn="Шийдвэрийн дугаар", example="А/27"),
    ] = None
    decision: Annotated[
        DecisionKind,
        _word(DecisionKind),
        Term("шийдвэр", help="Kind of decision", help_mn="тушаал, захирамж, тогтоол, шийдвэр"),
    ] = DecisionKind.ORDER
    annex: Annotated[Whole | None, Term("хавсралт", help="Number of the annex", help_mn="Хавсралтын дугаар")] = None

    @model_validator(mode="after")
    def _real_date(self) -> Self:
        try:
            date(self.year, 1 if self.month is None else self.month, 1 if self.day is None else self.day)
        except ValueError:
            found = ".".join(str(x) for x in (self.year, self.month, self.day) if x is not None)
            raise PydanticCustomError("PF115", "date expected", {"found": found}) from None
        return self

    @property
    @derived(Term("мөрүүд"))
    def lines(self) -> tuple[str, ...]:
        """The three lines of the mark."""
        year, _, rest = mongolian.date_with_blanks(self.year, self.month, self.day).partition(" оны ")
        given = (self.number or "").strip()
        number = mongolian.nth(given) if re.search("[0-9]", given) else f"{given or '…….'} дугаар"
        annex = f"{mongolian.nth(self.annex)} " if self.annex is not None else ""
        return (f"{self.issuer} {year} оны", rest, f"{number} {self.decision.words[0]} {annex}хавсралт")


class Dateline(_Part):
    """The line with date at the left and place at the right under a title (domain.md 2.5)."""

    date: Annotated[Date | None, Term("огноо", help="Date", help_mn="Огноо")] = None
    place: Annotated[Text | None, Term("газар", help="Place", help_mn="Хот, сум", example="Чойр хот")] = None


# --- what a measure is judged by -----------------------------------------------------------------------------------


class Budget(_Part):
    """Money (хөрөнгө): a plain number is the amount; other plain text (`-`, `орон нутгийн төсөв`) stays text."""

    amount: Annotated[Number | None, Term("хэмжээ", help="Amount", help_mn="Хэмжээ", example="12.5")] = None
    unit: Annotated[Text | None, Term("нэгж", help="Unit of money", help_mn="Нэгж", example="сая төгрөг")] = None
    source: Annotated[
        Text | None,
        Term(
            "эх үүсвэр",
            also=("хөрөнгийн эх үүсвэр",),
            help="Source",
            help_mn="Эх үүсвэр",
            example="улсын төсөв",
        ),
    ] = None
    text: Annotated[Text | None, Term("бичвэр", help="As typed", help_mn="Бичсэнээр нь", example="-")] = None

    @model_validator(mode="before")
    @classmethod
    def _number_or_text(cls, value: object) -> object:
        if isinstance(value, str):
            number = mongolian.read_number(value)
            return {"text": value} if number is None or format(number, "f") != value else {"amount": number}
        return {"amount": value} if isinstance(value, int | float | Decimal) else value

    @property
    @derived(Term("нийлбэр бичвэр"))
    def printed(self) -> str:
        """The text as typed, else amount, unit and source."""
        if self.text is not None:
            return self.text
        amount = "" if self.amount is None else format(self.amount, "f")
        money = " ".join(x for x in (amount, self.unit) if x)
        return ", ".join(x for x in (money, self.source) if x)


class Outcome(_Part):
    """What a measure is to bring about (хүрэх түвшин, үр дүн); plain text is enough."""

    plain = "text"

    text: Annotated[Text, Term("бичвэр", help="The outcome in words", help_mn="Хүрэх үр дүн, үгээр")]
    extra: Extra = _NO_LABELS


class Target(_Part):
    """A target level (зорилтот түвшин), with its year if it has one."""

    plain = "value"

    value: Annotated[Text, Term("утга", help="Value as printed", help_mn="Утга", example="95%")]
    year: Annotated[CalendarYear | None, Term("он", help="Year", help_mn="Он")] = None


NodePeriod: TypeAlias = Annotated[
    PeriodField | None,
    Term(
        "хугацаа",
        also=("хэрэгжүүлэх хугацаа", "хэрэгжих хугацаа"),
        help="Period, as printed",
        help_mn="Хэрэгжүүлэх хугацаа",
        example="Жилдээ",
    ),
]
Responsible: TypeAlias = Annotated[
    Texts,
    Term(
        "хариуцах нэгж",
        also=("хариуцах эзэн", "хариуцах байгууллага", "хариуцах албан тушаалтан", "хариуцагч"),
        help="Who is responsible",
        help_mn="Хариуцах нэгж, албан тушаалтан",
    ),
]
Partners: TypeAlias = Annotated[
    Texts, Term("хамтран ажиллах", help="Co-operating bodies", help_mn="Хамтран ажиллах байгууллага")
]
Coverage: TypeAlias = Annotated[Text | None, Term("хамрах хүрээ", help="Coverage", help_mn="Хамрах хүрээ")]


class Criterion(_Part):
    """A criterion (шалгуур үзүүлэлт): a plain statement, a heading over lettered sub-criteria, or a typed indicator."""

    plain = "text"

    text: Annotated[Text, Term("бичвэр", help="The criterion in words", help_mn="Шалгуурын бичвэр")]
    measured_in: Annotated[
        Text | None, Term("хэмжих нэгж", help="Unit of measure", help_mn="Хэмжих нэгж", example="хувь")
    ] = None
    baseline: Annotated[
        Text | None,
        Term("суурь түвшин", also=("суурь үзүүлэлт",), help="Baseline", help_mn="Суурь түвшин", example="80%"),
    ] = None
    target: Annotated[
        Target | None,
        Term("зорилтот түвшин", also=("хүрэх түвшин",), help="Target", help_mn="Зорилтот түвшин", example="95%"),
    ] = None
    targets: Annotated[
        dict[CalendarYear, Text],
        _EachOnce,
        Term("жилийн зорилтот түвшин", help="Year → target", help_mn="Он → зорилтот түвшин"),
    ] = _NO_LABELS
    reached: Annotated[
        Text | None, Term("хүрсэн түвшин", help="What was reached", help_mn="Хүрсэн түвшин", example="91%")
    ] = None
    coverage: Coverage = None
    responsible: Responsible = ()
    period: NodePeriod = None
    criteria: Annotated[
        "tuple[Criterion, ...]",
        BeforeValidator(_many),
        Term("дэд шалгуур", help="Lettered sub-criteria", help_mn="Үсэглэсэн дэд шалгуур"),
    ] = ()
    id: Identity = None
    extra: Extra = _NO_LABELS


Indicator: TypeAlias = Criterion
"""A criterion with `measured_in`, `baseline` and `target`; the same type."""


class Attachments(_Part):
    """Evidence at the end of a result (хавсралт): counts as reported, and the names if they are listed."""

    files: Annotated[Whole | None, Term("файл", help="Number of files", help_mn="Файлын тоо", example="1")] = None
    pictures: Annotated[Whole | None, Term("зураг", help="Number of pictures", help_mn="Зургийн тоо", example="8")] = (
        None
    )
    total: Annotated[
        Whole | None, Term("нийт", help="Total as reported; else files + pictures", help_mn="Нийт тоо")
    ] = None
    names: Annotated[Texts, Term("нэрс", help="Names of the files and pictures", help_mn="Файл, зургийн нэрс")] = ()

    @property
    @derived(Term("нийт"), name="total")
    def sum(self) -> int:
        """The total as reported, else files and pictures together (domain.md 11.5)."""
        return self.total if self.total is not None else (self.files or 0) + (self.pictures or 0)


class Result(_Part):
    """What is reported on a measure (биелэлт): texts, a percent or a status, money, evidence."""

    done: Annotated[Text | None, Term("биелэлт", help="What was done", help_mn="Биелэлт")] = None
    reached: Annotated[
        Text | None,
        Term(
            "хүрсэн түвшин",
            also=("хүрсэн түвшин, үр дүн", "хүрсэн үр дүн"),
            help="Reached",
            help_mn="Хүрсэн үр дүн",
        ),
    ] = None
    percent: Annotated[
        Percent | None,
        Term(
            "хэрэгжилтийн хувь",
            also=("хувь", "биелэлтийн хувь"),
            help="Implementation, 0 to 100",
            help_mn="Хэрэгжилтийн хувь, 0-100",
            example="70",
        ),
    ] = None
    status: Annotated[
        Annotated[Status, _word(Status)] | None,
        Term(
            "төлөв",
            help="Instead of a percent: not_due, not_assessable, not_assessed",
            help_mn="Хувийн оронд: ХБ (хугацаа болоогүй), үнэлэх боломжгүй, үнэлээгүй",
            example="ХБ",
        ),
    ] = None
    spent: Annotated[
        Budget | None,
        Term("зарцуулсан хөрөнгө", help="Money spent", help_mn="Зарцуулсан хөрөнгө", example="12.5"),
    ] = None
    reason: Annotated[
        Text | None,
        Term("шалтгаан", also=("тайлбар",), help="Reason where not reached", help_mn="Шалтгаан, тайлбар"),
    ] = None
    attachments: Annotated[Attachments | None, Term("хавсралт", help="Evidence", help_mn="Хавсралт, нотломж")] = None
    indicators: Annotated[
        dict[Text, Text],
        _EachOnce,
        Term(
            "үзүүлэлтийн утга",
            help="Criterion by place (`2`, `2.а`) or id → value reached",
            help_mn="Шалгуурын дугаар (`2`, `2.а`) эсвэл таних тэмдэг → хүрсэн утга",
        ),
    ] = _NO_LABELS
    extra: Extra = _NO_LABELS

    @property
    @derived(Term("үнэлгээ"), covers=("percent", "status"))
    def grade(self) -> str | None:
        """The percent (`70%`), else the short word of the status (`ХБ`), else nothing."""
        if self.percent is not None:
            return mongolian.percent(self.percent)
        return self.status.words[0] if self.status is not None else None


# --- the tree ------------------------------------------------------------------------------------------------------


class Node(_Part):
    """The one shape of chapter, objective, activity and measure; plain text is the node's text."""

    plain = "text"

    number: Annotated[
        Text | None,
        Term(
            "дугаар",
            help="Kept as typed; left out, it is derived from the place in the tree",
            help_mn="Бичсэнээр нь хэвлэнэ; орхивол байрлалаас нь гаргана",
            example="1.10",
        ),
    ] = None
    id: Identity = None
    text: Annotated[Text, Term("бичвэр", also=("агуулга",), help="The text", help_mn="Агуулга")]
    criteria: Annotated[
        tuple[Criterion, ...],
        BeforeValidator(_many),
        Term(
            "шалгуур үзүүлэлт",
            also=("гүйцэтгэлийн шалгуур үзүүлэлт", "гүйцэтгэлийн шалгуур", "гүйцэтгэл үзүүлэлт", "шалгуур"),
            help="Criteria",
            help_mn="Шалгуур үзүүлэлтүүд",
        ),
    ] = ()
    outcome: Annotated[
        Outcome | None,
        Term(
            "хүрэх түвшин",
            also=("хүрэх түвшин, үр дүн", "хүрэх үр дүн", "хүрэх түвшин, үр дүнгийн үзүүлэлт"),
            help="Expected outcome",
            help_mn="Хүрэх түвшин, үр дүн",
        ),
    ] = None
    period: NodePeriod = None
    responsible: Responsible = ()
    partners: Partners = ()
    coverage: Coverage = None
    budget: Annotated[
        Budget | None,
        Term(
            "шаардагдах хөрөнгө",
            also=("шаардагдах хөрөнгийн хэмжээ", "хөрөнгийн хэмжээ, эх үүсвэр", "зардал"),
            help="Money required",
            help_mn="Шаардагдах хөрөнгө, эх үүсвэр",
        ),
    ] = None
    legal_basis: Annotated[Texts, Term("эрх зүйн үндэслэл", help="Legal basis", help_mn="Эрх зүйн үндэслэл")] = ()
    extra: Extra = _NO_LABELS


class Measure(Node):
    """A measure (арга хэмжээ); it may hold measures, and its result."""

    result: Annotated[
        Result | None, Term("үр дүн", also=("биелэлт",), help="The result, in a report", help_mn="Тайлангийн биелэлт")
    ] = None
    measures: Annotated[
        "tuple[Measure, ...]",
        BeforeValidator(_many),
        Term("дэд арга хэмжээ", help="Measures", help_mn="Дэд арга хэмжээ"),
    ] = ()


_MEASURES = Term("арга хэмжээ", also=("хэрэгжүүлэх арга хэмжээ",), help="Measures", help_mn="Арга хэмжээнүүд")
_ACTIVITIES = Term("үйл ажиллагаа", also=("үндсэн үйл ажиллагаа",), help="Activities", help_mn="Үйл ажиллагаанууд")
_OBJECTIVES = Term("зорилт", also=("зорилтууд",), help="Objectives", help_mn="Зорилтууд")


class Activity(Node):
    """A main activity (үндсэн үйл ажиллагаа), between objective and measure."""

    measures: Annotated[tuple[Measure, ...], BeforeValidator(_many), _MEASURES] = ()


class Objective(Node):
    """An objective (зорилт)."""

    activities: Annotated[tuple[Activity, ...], BeforeValidator(_many), _ACTIVITIES] = ()
    measures: Annotated[tuple[Measure, ...], BeforeValidator(_many), _MEASURES] = ()


class Chapter(Node):
    """A chapter (бүлэг)."""

    objectives: Annotated[tuple[Objective, ...], BeforeValidator(_many), _OBJECTIVES] = ()
    activities: Annotated[tuple[Activity, ...], BeforeValidator(_many), _ACTIVITIES] = ()
    measures: Annotated[tuple[Measure, ...], BeforeValidator(_many), _MEASURES] = ()


class Defaults(_Part):
    """What every measure has unless it says otherwise (domain.md 1.1: one period in every row)."""

    period: NodePeriod = None
    responsible: Responsible = ()
    partners: Partners = ()
    coverage: Coverage = None


class _Subject(_Part):
    """What a plan and a report have in common: the marks around the table."""

    stage: Annotated[Text | None, Term("үе шат", help="Stage", help_mn="Үе шат")] = None
    approval: Annotated[
        tuple[Approval, ...],
        BeforeValidator(_many),
        Term(
            "батлах тэмдэглэл",
            also=("батлав", "баталгаа"),
            help="Approval marks",
            help_mn="БАТЛАВ, ЗӨВШӨӨРӨВ …",
        ),
    ] = ()
    annex: Annotated[
        AnnexMark | None, Term("хавсралтын тэмдэглэл", help="Annex mark", help_mn="Хавсралтын тэмдэглэл")
    ] = None
    dateline: Annotated[
        Dateline | None, Term("огноо газар", help="Date and place line", help_mn="Огноо, газрын мөр")
    ] = None
    signoffs: Annotated[
        tuple[SignOff, ...],
        BeforeValidator(_many),
        Term(
            "гарын үсэг",
            also=("боловсруулсан",),
            help="Sign-offs at the end",
            help_mn="Төгсгөлийн гарын үсэг",
        ),
    ] = ()
    closing: Annotated[Texts, Term("төгсгөл", help="Closing lines", help_mn="Төгсгөлийн мөр")] = ()
    extra: Extra = _NO_LABELS


class Plan(_Subject):
    """An approved plan (төлөвлөгөө)."""

    title: Annotated[
        Text,
        Term(
            "гарчиг",
            also=("төлөвлөгөөний нэр",),
            help="The plan's name without body and year",
            help_mn="Төлөвлөгөөний нэр (байгууллага, онгүйгээр)",
            example="Авлигын эсрэг үйл ажиллагааны төлөвлөгөө",
        ),
    ]
    year: Annotated[CalendarYear, Term("он", help="The (first) year", help_mn="Төлөвлөгөөний он", example="2024")]
    years: Annotated[
        tuple[CalendarYear, ...],
        BeforeValidator(_many),
        Term("жилүүд", help="All years of a plan for several", help_mn="Олон жилийн төлөвлөгөөний онууд"),
    ] = ()
    owner: Annotated[
        Organisation,
        Term(
            "байгууллага",
            help="Whose plan it is",
            help_mn="Төлөвлөгөө хэнийх вэ",
            example="Гаалийн байгууллага",
        ),
    ]
    issuer: Annotated[
        Organisation | None,
        Term(
            "гаргагч",
            also=("гаргасан байгууллага",),
            help="The body that issues it",
            help_mn="Гаргасан байгууллага",
        ),
    ] = None
    period: Annotated[
        PeriodField | None,
        Term("хугацаа", also=("хэрэгжүүлэх хугацаа",), help="The plan's period", help_mn="Хэрэгжүүлэх хугацаа"),
    ] = None
    numbering: Annotated[
        Numbering,
        _word(Numbering),
        Term(
            "дугаарлалт",
            help="Derived numbers: through (on over chapters), restart (in each), nested (chapters count)",
            help_mn="Дугаарлалт: дараалсан, шинээр (бүлэг бүрд), шатласан (бүлгийн дугаартай)",
        ),
    ] = Numbering.THROUGH
    defaults: Annotated[
        Defaults | None,
        Term(
            "нийтлэг",
            also=("нийтлэг утга",),
            help="For every measure",
            help_mn="Арга хэмжээ бүрд хамаарах утга",
        ),
    ] = None
    chapters: Annotated[
        tuple[Chapter, ...],
        BeforeValidator(_many),
        Term("бүлэг", also=("бүлгүүд",), help="Chapters", help_mn="Бүлгүүд"),
    ] = ()
    objectives: Annotated[tuple[Objective, ...], BeforeValidator(_many), _OBJECTIVES] = ()
    activities: Annotated[tuple[Activity, ...], BeforeValidator(_many), _ACTIVITIES] = ()
    measures: Annotated[tuple[Measure, ...], BeforeValidator(_many), _MEASURES] = ()

    def _repr_html_(self) -> str:
        """What a notebook shows."""
        return _card(self.title, self, {"year": str(self.year), "owner": self.owner.name, "period": self.period})


class Labelled(_Part):
    """One line of a profile: its label and its text. Templates see a profile as a list of these."""

    plain = "text"

    label: Annotated[Text, Term("нэр", help="Label", help_mn="Мөрийн нэр")]
    text: Annotated[Text, Term("бичвэр", help="Text", help_mn="Мөрийн бичвэр")]


class Part(_Part):
    """A titled piece of running text in a report."""

    title: Annotated[Text | None, Term("гарчиг", help="Title", help_mn="Гарчиг")] = None
    body: Annotated[Texts, Term("бичвэр", help="Paragraphs", help_mn="Догол мөрүүд")] = ()


class Report(_Subject):
    """A report on a plan (тайлан): the plan whole, who reports, as of when, and the results."""

    plan: Annotated[
        Plan,
        Term(
            "төлөвлөгөө",
            help="The plan: a file beside this one, or the plan itself",
            help_mn="Төлөвлөгөө: файл эсвэл өөрөө",
        ),
    ]
    title: Annotated[
        Text | None, Term("гарчиг", help="Title, if another than the plan's", help_mn="Гарчиг, өөр бол")
    ] = None
    unit: Annotated[
        Organisation | None,
        Term(
            "нэгж",
            also=("тайлагнагч", "тайлан гаргагч"),
            help="Who reports; else the plan's owner",
            help_mn="Тайлагнагч нэгж",
        ),
    ] = None
    as_of: Annotated[
        PeriodField | None,
        Term(
            "байдлаар",
            also=("тайлант үе",),
            help="As of",
            help_mn="Хэдийний байдлаар",
            example="2021 оны жилийн эцэс",
        ),
    ] = None
    period: Annotated[PeriodField | None, Term("хугацаа", help="Period reported", help_mn="Тайлант хугацаа")] = None
    profile: Annotated[
        Labels, Term("ерөнхий мэдээлэл", help="Label → text", help_mn="Хөтөлбөрийн мэдээлэл: нэр → утга")
    ] = _NO_LABELS
    parts: Annotated[
        tuple[Part, ...],
        BeforeValidator(_many),
        Term("хэсэг", also=("хэсгүүд",), help="Running text", help_mn="Бичвэр хэсгүүд"),
    ] = ()
    results: Annotated[
        dict[Text, Result],
        _EachOnce,
        Term(
            "үр дүн",
            also=("гүйцэтгэл", "биелэлт"),
            help="Measure's number or id → result",
            help_mn="Арга хэмжээний дугаар → биелэлт",
        ),
    ] = _NO_LABELS

    def _repr_html_(self) -> str:
        """What a notebook shows."""
        title = self.title if self.title is not None else self.plan.title
        unit = (self.unit or self.plan.owner).name
        return _card(title, self, {"unit": unit, "as_of": self.as_of}, self.plan)


# --- evaluation (domain.md 4) -----------------------------------------------------------------------------------------


class Between(_Word):
    """What a percent between two levels of a scale comes to."""

    NONE = "none", "үгүй"
    LOWER = "lower", "доод түвшин"


class Scale(_Part):
    """A scale of evaluation (үнэлгээний шатлал, domain.md 4.1): its levels and their words."""

    name: Annotated[Text, Term("нэр", help="Name", help_mn="Нэр", example="GOV4")]
    levels: Annotated[
        dict[Percent, Text],
        Term(
            "түвшин",
            also=("түвшнүүд",),
            help="Percent → word; without any, every percent is a level",
            help_mn="Хувь → үг; нэг ч байхгүй бол ямар ч хувь байж болно",
            example="100: Бүрэн хэрэгжсэн",
        ),
    ] = {}
    between: Annotated[
        Between,
        _word(Between),
        Term(
            "завсрын хувь",
            help="A percent between two levels: none (no level, a warning) or lower (the level below)",
            help_mn="Хоёр түвшний завсрын хувь: үгүй (түвшингүй, анхааруулна) эсвэл доод түвшин (доод түвшинд орно)",
        ),
    ] = Between.NONE


class Share(_Part):
    """How many of a report's measures are on one level of the scale, or outside of it (domain.md 4.2, M9)."""

    plain = "word"

    word: Annotated[Text, Term("нэр", help="The level's word, else its percent", help_mn="Түвшний нэр, эсвэл хувь")]
    level: Annotated[
        Percent | None, Term("түвшний хувь", help="The level's percent; a status has none", help_mn="Түвшний хувь")
    ] = None
    status: Annotated[
        Annotated[Status, _word(Status)] | None, Term("төлөв", help="In place of a percent", help_mn="Хувийн оронд")
    ] = None
    count: Annotated[Whole, Term("тоо", help="How many measures", help_mn="Арга хэмжээний тоо")]
    share: Annotated[
        Percent, Term("эзлэх хувь", help="Of all measures, those not due too", help_mn="Нийт арга хэмжээнд эзлэх хувь")
    ]


LEVELS: dict[str, tuple[type[Node], str]] = {
    "chapter": (Chapter, "chapters"),
    "objective": (Objective, "objectives"),
    "activity": (Activity, "activities"),
    "measure": (Measure, "measures"),
}
"""The levels of the tree from outer to inner, and the field that holds each."""


_HELD: dict[type[BaseModel], tuple[tuple[str, str], ...]] = {
    cls: tuple((level, name) for level, (_, name) in LEVELS.items() if name in cls.model_fields)
    for cls in (Plan, Chapter, Objective, Activity, Measure)
}


def children(parent: Plan | Node) -> list[tuple[str, tuple[Node, ...]]]:
    """The nodes directly under a plan or node by level, outer levels first, without levels that it has none of."""
    return [(level, nodes) for level, name in _HELD[type(parent)] if (nodes := getattr(parent, name))]


def _card(title: str, subject: Plan | Report, facts: dict[str, object], plan: Plan | None = None) -> str:
    """A small table about a plan or report: its facts under their terms, and how many nodes of each level it has."""
    from planforge import webpage  # only where a notebook shows one

    rows = [(_term(type(subject), name).mn, str(value)) for name, value in facts.items() if value is not None]
    tree = plan or cast(Plan, subject)
    counts: dict[str, int] = {}
    stack: list[Plan | Node] = [tree]
    while stack:
        for level, nodes in children(stack.pop()):
            counts[level] = counts.get(level, 0) + len(nodes)
            stack += nodes
    rows += [(_term(Plan, name).mn, str(counts[level])) for level, (_, name) in LEVELS.items() if level in counts]
    head = webpage.element("p", webpage.element("b", title))
    return webpage.fragment(head, webpage.table((), rows))


def _term(cls: type[BaseModel], name: str) -> Term:
    """The term of a field."""
    return next(m for m in cls.model_fields[name].metadata if isinstance(m, Term))
