"""How long checking a template takes beside compiling it, and how that grows: `python benchmarks/check.py`.

One process, in turn, templates of 15 to 1,600 rows with three tags each. Targets: at most twice the compilation, and
the same time a row whatever their number.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import partial

from measure import interleaved, medians, ratio

from planforge import Template, check
from planforge.layout_docx import Cell, Grid, Page, Paragraph, Row, write

ROWS = (15, 100, 400, 1_600)
ROUNDS = 7
TAGS = ("{{ plan.title }}", "{{ plan.owner }} 5 дугаар", "{{ plan.stage }}")


def template(rows: int, last: str = "") -> bytes:
    """A form with a heading, a table of this many rows, and a last line."""
    cells = tuple(Cell((Paragraph(text, "TableText"),)) for text in TAGS)
    return write(
        Page(),
        [
            Paragraph("Нэг. Зорилго", "Title"),
            Grid((3000, 3000, 3000), (Row(cells),) * rows),
            Paragraph(last, "TableText"),
        ],
    )


def timed(work: Callable[[], object]) -> Callable[[int], float]:
    def run(times: int) -> float:
        begin = time.process_time()
        for _ in range(times):
            work()
        return time.process_time() - begin

    return run


def main() -> None:
    for rows in ROWS:
        source = template(rows)
        faulty = template(rows, "{{ plan.titel }}")
        rivals = {
            "compile": timed(partial(Template.open, source)),
            "check": timed(partial(check, source)),
            "faulty": timed(partial(check, faulty)),
        }
        taken = interleaved(rivals, ROUNDS)
        typical = medians(taken)
        print(
            f"{rows:5} rows: compile {typical['compile'] * 1000:.1f} ms, check {typical['check'] * 1000:.1f} ms, ",
            end="",
        )
        print(f"ratio {ratio(taken['check'], taken['compile']):.2f} (target 2), ", end="")
        print(f"with a fault {ratio(taken['faulty'], taken['compile']):.2f}, ", end="")
        print(f"{typical['check'] * 1e6 / rows:.0f} µs a row")


if __name__ == "__main__":
    main()
