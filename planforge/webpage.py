"""Pages and tables of HTML that need nothing but themselves: no script, no link, nothing fetched.

Text is escaped where it enters, by type: whatever is not `Html` is text. White space of texts is shown as it is, and a
text that turns the direction of writing turns its own cell only.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

__all__ = ["Html", "element", "fragment", "page", "table"]


class Html(str):
    """Text that is HTML already."""

    __slots__ = ()


_ESCAPES = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&#39;"})


def element(tag: str, /, *inside: str, **attributes: str) -> Html:
    """`element("td", text, class_="old")`: an element with its content, everything escaped that is not `Html`."""
    given = "".join(f' {name.rstrip("_")}="{_escaped(value)}"' for name, value in attributes.items() if value)
    return Html(f"<{tag}{given}>{''.join(map(_escaped, inside))}</{tag}>")


def _escaped(value: str) -> str:
    return value if isinstance(value, Html) else value.translate(_ESCAPES)


def table(heads: Sequence[str], rows: Iterable[Sequence[str]], /, *, widths: Sequence[int] = ()) -> Html:
    """A table: a header row that printers repeat, and rows of cells; `widths` of columns in percent, if it is wide."""
    columns = (Html(f'<col width="{width}%">') for width in widths)
    head = element("thead", element("tr", *(element("th", text, scope="col") for text in heads)))
    body = element("tbody", *(element("tr", *(element("td", cell) for cell in row)) for row in rows))
    parts = [element("colgroup", *columns)] if widths else []
    parts += [head] if heads else []
    size = {"class_": "wide", "width": "100%"} if widths else {}
    return element("table", *parts, body, border="1", cellpadding="4", **size)


# A page drops the scope: mail programs and Word read plain selectors only.
_STYLE = """
.planforge { font-family: Arial, "Liberation Sans", sans-serif; font-size: 14px; line-height: 1.4; color: #1a1a1a; }
.planforge h1 { font-size: 20px; margin: 0 0 4px; }
.planforge p { margin: 0 0 12px; }
.planforge table { border-collapse: collapse; margin: 0 0 16px; }
.planforge th, .planforge td { border: 1px solid #999; padding: 4px 8px; text-align: left; vertical-align: top;
  white-space: pre-wrap; overflow-wrap: break-word; unicode-bidi: isolate; }
.planforge th { background: #eee; }
.planforge table.wide { width: 100%; table-layout: fixed; }
.planforge ins { background: #d7f0d7; text-decoration: underline; }
.planforge del { background: #f8d9d9; text-decoration: line-through; }
.planforge .muted { color: #666; }
@media print { .planforge { font-size: 10pt; } .planforge tr { break-inside: avoid; }
  .planforge ins, .planforge del, .planforge th { print-color-adjust: exact; -webkit-print-color-adjust: exact; } }
"""
_SHEET = """body { margin: 24px; }
@page { size: A4 landscape; margin: 15mm; }
"""


def page(title: str, lang: str, /, *body: Html) -> str:
    """A whole page; the policy in it keeps browsers from running or fetching anything."""
    style = f"{_STYLE.replace('.planforge {', 'body {').replace('.planforge ', '')}{_SHEET}"
    policy = "default-src 'none'; style-src 'unsafe-inline'"
    return (
        f'<!DOCTYPE html>\n<html lang="{_escaped(lang)}">\n<head>\n<meta charset="utf-8">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{policy}">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"{element('title', title)}\n<style>{style}</style>\n"
        f"</head>\n<body>\n{element('main', *body)}\n</body>\n</html>\n"
    )


def fragment(*body: Html) -> Html:
    """A piece for a notebook, with its style."""
    return element("div", Html(f"<style>{_STYLE}</style>"), *body, class_="planforge")
