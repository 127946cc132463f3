"""A plan or report → YAML as a person would write it: `load(dump(x)) == x`, every text exact.

Which texts stand plain, in quotation marks, folded or word for word is decided here, without PyYAML: plain where they
may, quoted where YAML or our own reader would see a sign or a trap in them.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from enum import StrEnum
from typing import Any, Literal

from pydantic import BaseModel

from planforge import text, vocabulary
from planforge.model import Budget, Plan, Report
from planforge.tree import VERSION, ValuePath
from planforge.vocabulary import Field, ListOf, MapOf, Record, Scalar
from planforge.yaml_traps import tight_key

__all__ = ["comment_lines", "dump", "given", "replacement", "short"]

_WIDTH = 100
_UNPRINTABLE = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\ufeff\ud800-\udfff\ufffe\uffff]")
_NOT_PLAIN = re.compile(
    r"""[\s\u200b,\[\]{}#&*!|>'"%@`?:]|-(?:\s|--|$)|.*(?::\s|\s\#|[:\s]$)|(?:~|null|<<)$""", re.DOTALL
)
_ESCAPE_OF = {"\0": "\\0", "\t": "\\t", "\n": "\\n", '"': '\\"', "\\": "\\\\"}


NO_COMMENTS: Mapping[ValuePath, Sequence[str]] = {}


def dump(
    value: Plan | Report,
    /,
    *,
    keys: Literal["en", "mn"] = "en",
    comments: Mapping[ValuePath, Sequence[str]] = NO_COMMENTS,
    plan_file: str | None = None,
) -> str:
    """A plan or report as YAML that a person is glad to edit; `load(dump(x)) == x`, every text exact.

    Fields stand in the model's order, defaults are left out, a part that has only its text is written as text. A report
    holds its plan, or names the file beside it that does (`plan_file`). `keys` are the names of the fields: English, or
    the Mongolian terms. `comments` are texts above the
    lines of the values at their paths, those of `()` at the top.
    """
    word = next((word for word, model in vocabulary.KINDS.items() if isinstance(value, model)), None)
    if word is None:
        raise TypeError(f"no data file holds a {type(value).__name__}")
    writer = _Writer(keys, comments, plan_file)
    lines = [f"planforge: {word}/{VERSION}", *writer.above((), 0), *writer.fields(value, 0, ())]
    return "\n".join(lines) + "\n"


def comment_lines(comments: Sequence[str], indent: int, /) -> list[str]:
    """Texts as lines of comment: `# …`, what no YAML may hold as its code point."""
    lines = [line for comment in comments for line in comment.split("\n")]
    return [f"{' ' * indent}# {_UNPRINTABLE.sub(lambda c: text.code_point(c[0]), line)}".rstrip() for line in lines]


class _Writer:
    def __init__(
        self,
        keys: Literal["en", "mn"],
        comments: Mapping[ValuePath, Sequence[str]],
        plan_file: str | None = None,
    ) -> None:
        self.keys = keys
        self.comments = comments
        self.plan_file = plan_file

    def above(self, path: ValuePath, indent: int) -> list[str]:
        """The comments of the value at a path."""
        return comment_lines(self.comments[path], indent) if path in self.comments else []

    def fields(self, part: BaseModel, indent: int, path: ValuePath) -> list[str]:
        out: list[str] = []
        for f in given(part):
            key = f.name if self.keys == "en" else f.template_name
            if isinstance(part, Report) and f.name == "plan" and self.plan_file is not None:
                out.append(f"{_key_text(key, indent)} {self.plan_file}")
                continue
            lines = self.entry(key, getattr(part, f.name), f, f.type, indent, (*path, f.name))
            if indent == 0 and _has_parts(f.type):
                out.append("")
            out += lines
        return out

    def entry(self, key: str, value: Any, f: Field, kind: vocabulary.Type, indent: int, path: ValuePath) -> list[str]:
        """`key: value`, the value on lines of its own if it has parts; its comments above."""
        name = _key_text(key, indent)
        above = self.above(path, indent)
        plain = short(value, kind, self.keys)
        if plain is not None:
            head, *rest = _scalar(plain, indent)
            return [*above, *self.within(value, kind, indent, path), f"{name} {head}", *rest]
        if isinstance(kind, ListOf):
            items = (
                line for at, item in enumerate(value) for line in self.item(item, f, kind.item, indent, (*path, at))
            )
            return [*above, name, *items] if value else [*above, f"{name} []"]
        lines = self.inside(value, f, kind, indent + 2, path)
        return [*above, name, *lines] if lines else [*above, f"{name} {{}}"]

    def item(self, value: Any, f: Field, kind: vocabulary.Type, indent: int, path: ValuePath) -> list[str]:
        above = self.above(path, indent)
        plain = short(value, kind, self.keys)
        if plain is not None:
            head, *rest = _scalar(plain, indent)
            return [*above, *self.within(value, kind, indent, path), f"{' ' * indent}- {head}", *rest]
        lines = self.inside(value, f, kind, indent + 2, path) or [" " * (indent + 2) + "{}"]
        while lines[0].lstrip().startswith("#"):  # a comment about the first field stands above the dash
            above.append(lines.pop(0)[2:])
        first, *rest = lines
        return [*above, f"{' ' * indent}- {first[indent + 2 :]}", *rest]

    def within(self, value: Any, kind: vocabulary.Type, indent: int, path: ValuePath) -> list[str]:
        """The comments about what is inside a value that is written as one text."""
        if not self.comments:
            return []
        if isinstance(kind, ListOf):
            return [*self.above((*path, 0), indent), *self.within(value[0], kind.item, indent, (*path, 0))]
        if isinstance(kind, Record):
            return self.above((*path, given(value)[0].name), indent)
        return []

    def inside(self, value: Any, f: Field, kind: vocabulary.Type, indent: int, path: ValuePath) -> list[str]:
        if isinstance(kind, MapOf):
            return [line for k, v in value.items() for line in self.entry(str(k), v, f, kind.value, indent, (*path, k))]
        return self.fields(value, indent, path)


def short(value: Any, kind: vocabulary.Type, keys: Literal["en", "mn"]) -> str | None:
    """A value as one text, its words in a language; None if it has parts."""
    if isinstance(kind, ListOf) and isinstance(kind.item, Scalar) and len(value) == 1:
        return short(value[0], kind.item, keys)
    if isinstance(kind, Record):
        names = [f.name for f in given(value)]
        if isinstance(value, Budget):
            return _short_budget(value, names)
        return str(getattr(value, names[0])) if names == [kind.plain] else None
    if not isinstance(kind, Scalar):
        return None
    if isinstance(value, StrEnum):
        return str(value.value) if keys == "en" else str(value.words[0])  # type: ignore[attr-defined]
    if isinstance(value, Decimal):
        return format(value, "f")
    if kind is Scalar.DATE:
        return f"{value.year:04d}.{value.month:02d}.{value.day:02d}"
    return str(value)


def _has_parts(kind: vocabulary.Type) -> bool:
    """Whether a field is a section of a file, set off by a blank line: chapters, measures, results."""
    inner = kind.item if isinstance(kind, ListOf) else kind.value if isinstance(kind, MapOf) else None
    return isinstance(inner, Record)


def given(part: BaseModel) -> list[Field]:
    """The fields that differ from their defaults, in the model's order; of a plan or report first what it must have."""
    infos = type(part).model_fields
    found = [
        f
        for f in vocabulary.describe(type(part)).data.values()
        if infos[f.name].is_required() or getattr(part, f.name) != infos[f.name].get_default(call_default_factory=True)
    ]
    return sorted(found, key=lambda f: not f.required) if isinstance(part, Plan | Report) else found


def _short_budget(budget: Budget, names: list[str]) -> str | None:
    """An amount or a text alone, if reading it back makes the same of it."""
    if names == ["amount"] or names == ["text"]:
        plain = format(budget.amount, "f") if budget.amount is not None else str(budget.text)
        return plain if Budget.model_validate(plain) == budget else None
    return None


def _key_text(key: str, indent: int) -> str:
    """A key with its colon. YAML takes a key of more than 1,024 letters only behind a question mark."""
    pad = " " * indent
    if len(key) <= _WIDTH and _is_plain(key):
        return f"{pad}{key}:"
    quoted = _quoted(key)
    return f"{pad}{quoted}:" if len(quoted) <= 1000 else f"{pad}? {quoted}\n{pad}:"


def _is_plain(value: str) -> bool:
    """Whether a text may stand as it is: it is no sign of YAML, nor would its reader suspect a mistake in it."""
    return bool(value) and not (_NOT_PLAIN.match(value) or _UNPRINTABLE.search(value) or tight_key(value))


def _scalar(value: str, indent: int) -> list[str]:
    """A text as lines of YAML: plain, in quotation marks, folded if long, word for word if it has lines."""
    pad = " " * (indent + 2)
    clean = not _UNPRINTABLE.search(value.replace("\n", ""))
    if clean and "\n" in value and value[0] not in " \n" and not re.search(r"\s\Z(?<!\S\n)|[^\S\n]\n", value):
        lines = value.removesuffix("\n").split("\n")
        return ["|" if value.endswith("\n") else "|-", *(pad + line if line else "" for line in lines)]
    if clean and "\n" not in value and len(value) > _WIDTH and value == value.strip():
        return [">-", *(pad + line for line in _folded(value, max(_WIDTH - len(pad), 40)))]
    return [value if _is_plain(value) else _quoted(value)]


def replacement(value: str, written: str, indent: int, *, flow: bool) -> str:
    """A text in place of a scalar that was written so, in its quotation marks if it has any; `flow` in brackets."""
    if written[:1] == "'" and not _UNPRINTABLE.search(value):
        return "'" + value.replace("'", "''") + "'"
    if written[:1] == '"':
        return '"' + "".join("\\" + c if c in '"\\' else _escaped(c) for c in value) + '"'
    if flow:
        return value if _is_plain(value) and not re.search(r"[,\[\]{}]", value) else _quoted(value)
    return "\n".join(_scalar(value, indent))


def _folded(value: str, width: int) -> Iterator[str]:
    """Lines of about `width` letters, broken at single spaces only: YAML keeps all other white space."""
    line = ""
    for word in re.split(r"(?<=\S) (?=\S)", value):
        if line and len(line) + 1 + len(word) > width:
            yield line
            line = word
        else:
            line = f"{line} {word}" if line else word
    yield line


def _quoted(value: str) -> str:
    if _UNPRINTABLE.search(value):
        return '"' + "".join(map(_escaped, value)) + '"'
    if '"' in value or "\\" in value:
        return "'" + value.replace("'", "''") + "'"
    return f'"{value}"'


def _escaped(c: str) -> str:
    if c in _ESCAPE_OF:
        return _ESCAPE_OF[c]
    if not _UNPRINTABLE.match(c):
        return c
    return f"\\x{ord(c):02x}" if ord(c) < 256 else f"\\u{ord(c):04x}"
