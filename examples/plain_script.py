"""A script: the document of a plan, a report form for each of 35 units, and the documents of a folder of reports.

    python examples/plain_script.py samples/customs-2024/plan.yaml samples/progress-2025 out

What is wrong is printed in Mongolian, and whatever can be made is made; the exit code is 1 if something could not be.
On Windows set PYTHONUTF8=1 where the output goes to a file.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator
from datetime import date
from pathlib import Path

from planforge import Plan, PlanforgeError, Template, batch, jobs, load, read, save


def units(plan: Plan) -> Iterator[dict[str, object]]:
    """Reports as a database might give them: mappings of the shape of a data file; `id` names the document."""
    for number in range(1, 36):
        yield {
            "planforge": "report/1",
            "id": f"Нэгж-{number:02}",
            "unit": f"Нэгж {number}",
            "plan": plan,
            "results": {},
        }


def tell(deliveries: Iterable[batch.Delivery]) -> int:
    """Prints what became of each unit; how many have no document."""
    failed = 0
    for delivery in deliveries:
        print(delivery.unit, delivery.file or "— баримт гарсангүй")
        for problem in delivery.problems:
            print("   ", problem.format("mn"))
        failed += delivery.state == "failed"
    return failed


def main(source: Path, folder: Path, out: Path) -> int:
    out.mkdir(parents=True, exist_ok=True)
    try:
        plan = load(source, Plan)
        save(Template.builtin("plan").render(plan, today=date.today()), out / "plan.docx")
        assert read(out / "plan.docx") == plan  # the document carries its data
        failed = tell(batch.run(list(units(plan)), to=out / "forms"))
        failed += tell(batch.run(jobs.open_source(folder), to=out / "reports", template="progress"))
    except PlanforgeError as error:
        print(error.format("mn"), file=sys.stderr)
        return 1
    return 1 if failed else 0


if __name__ == "__main__":
    if len(sys.argv) != 4:
        sys.exit("Хэрэглэх нь: python examples/plain_script.py PLAN.yaml REPORTS-FOLDER OUT-FOLDER")
    sys.exit(main(*map(Path, sys.argv[1:])))
