"""JSON text → a tree: every value with its place; numbers and words stay text as typed (RFC 8259).

The standard library's `json` gives no places, but is thirty times faster: `read_values` is for those who ask for places
only where something is wrong.
"""

from __future__ import annotations

import json
import re
from bisect import bisect_right
from typing import Any, NoReturn

from planforge.errors import DataPlace, Problem, Words
from planforge.tree import MAX_DEPTH, MAX_NODES, Node, Unreadable, too_deep, too_many

__all__ = ["read_json", "read_values"]

_TOKEN = re.compile(
    r"""[ \t\n]*(?:(?P<sign>[{}\[\],:])
    |(?P<text>"[^"\\\x00-\x1f]*(?:\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4})[^"\\\x00-\x1f]*)*")
    |(?P<word>(?:-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?|true|false|null)(?![\w.+-]))
    |(?P<end>\Z))""",
    re.VERBOSE,
)
_ESCAPES = {"b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t"}
_ESCAPED = re.compile(r"\\u([dD][89abAB][0-9a-fA-F]{2})\\u([dD][c-fC-F][0-9a-fA-F]{2})|\\u([0-9a-fA-F]{4})|\\(.)")


def read_json(decoded: str, file: str | None, /) -> tuple[Node | None, list[Problem]]:
    """The tree of a JSON text; no tree but the first fault (PF139, PF149) where it is none."""
    try:
        return _Reader(decoded, file).read(), []
    except Unreadable as stop:
        return None, [stop.problem]


def read_values(decoded: str, /) -> dict[str, Any] | None:
    """The mapping that a JSON text holds, as the tree of `read_json` would: dict, list, text of texts and numbers.

    True and False stay what they are. None for any other text: one with a fault, or a doubled key.
    """
    try:
        values = _DECODER.decode(decoded)
    except (ValueError, RecursionError):
        return None
    return values if isinstance(values, dict) else None


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    out = dict(pairs)
    if len(out) != len(pairs):
        raise ValueError
    return out


def _no_number(word: str) -> NoReturn:
    raise ValueError  # NaN, Infinity


_DECODER = json.JSONDecoder(object_pairs_hook=_once, parse_int=str, parse_float=str, parse_constant=_no_number)


class _Reader:
    """Goes once over the tokens of a text; `start` and `at` are the ends of the last one."""

    def __init__(self, decoded: str, file: str | None) -> None:
        self.decoded, self.file = decoded, file
        self.starts = [0, *(m.end() for m in re.finditer("\n", decoded))]
        self.at = 0
        self.count = 0

    def read(self) -> Node:
        root = self.value(self.next(), 1)
        if self.next()["end"] is None:
            self.fail(Words("файлын төгсгөл", "the end of the file"), self.start)
        return root

    def next(self) -> re.Match[str]:
        match = _TOKEN.match(self.decoded, self.at)
        if match is None:
            self.at += len(self.decoded[self.at :]) - len(self.decoded[self.at :].lstrip(" \t\n"))
            self.fail(Words("JSON-ы утга", "a JSON value"))
        self.at = match.end()
        self.start = self.at - len(match[match.lastgroup or 0])
        return match

    def place(self, offset: int) -> tuple[int, int]:
        line = bisect_right(self.starts, offset)
        return line, offset - self.starts[line - 1] + 1

    def fail(self, expected: Words, offset: int | None = None) -> NoReturn:
        line, column = self.place(self.at if offset is None else offset)
        raise Unreadable(Problem("PF149", DataPlace(self.file, line, column), {"expected": expected}))

    def value(self, token: re.Match[str], depth: int) -> Node:
        line, column = self.place(self.start)
        self.count += 1
        if self.count > MAX_NODES:
            raise too_many(DataPlace(self.file, 1, 1))
        if token["text"] is not None:
            return Node(line, column, _text(token["text"]))
        if token["word"] is not None:
            return Node(line, column, None if token["word"] == "null" else token["word"])
        if token["sign"] not in ("{", "["):
            self.fail(Words("утга", "a value"), self.start)
        if depth > MAX_DEPTH:
            raise too_deep(DataPlace(self.file, line, column))
        if token["sign"] == "[":
            return Node(line, column, self.items(depth), flow=True)
        return Node(line, column, self.pairs(depth), flow=True)

    def items(self, depth: int) -> list[Node]:
        out: list[Node] = []
        token = self.next()
        while token["sign"] != "]" or out:
            out.append(self.value(token, depth + 1))
            if self.next_of(",", "]") == "]":
                break
            token = self.next()
        return out

    def pairs(self, depth: int) -> dict[Node, Node]:
        out: dict[Node, Node] = {}
        token = self.next()
        while token["sign"] != "}" or out:
            if token["text"] is None:
                self.fail(Words("хашилтад бичсэн нэр", "a name in quotation marks"), self.start)
            key = Node(*self.place(self.start), _text(token["text"]))
            self.count += 1
            self.next_of(":")
            out[key] = self.value(self.next(), depth + 1)
            if self.next_of(",", "}") == "}":
                break
            token = self.next()
        return out

    def next_of(self, *signs: str) -> str:
        sign = self.next()["sign"]
        if sign not in signs:
            wanted = [f"`{s}`" for s in signs]
            self.fail(Words(" эсвэл ".join(wanted), " or ".join(wanted)), self.start)
        return str(sign)


def _text(token: str) -> str:
    """The text of a token in quotation marks."""

    def plain(match: re.Match[str]) -> str:
        if match[1]:
            return chr(0x10000 + (int(match[1], 16) - 0xD800) * 0x400 + int(match[2], 16) - 0xDC00)
        return chr(int(match[3], 16)) if match[3] else _ESCAPES.get(match[4], match[4])

    body = token[1:-1]
    return _ESCAPED.sub(plain, body) if "\\" in body else body
