"""Whether rendering is linear in the measures: `python benchmarks/scaling.py` where planforge is installed.

A validated plan in the form `plan` to bytes in memory, data embedded; sizes in turn, several rounds, medians. The last
column is the cost of a measure beside its cost in the smallest plan; linear work stays near 1.
"""

from __future__ import annotations

import statistics
import time

from planforge import Plan, Template

SIZES = (125, 250, 500, 1_000, 2_000, 4_000)
ROUNDS = 5


def plan(measures: int) -> Plan:
    """A plan of ten objectives with words that differ from row to row."""
    rows = [
        {
            "text": f"Иргэд, олон нийтэд чиглэсэн {i} дэх нээлттэй хаалганы өдөрлөгийг зохион байгуулах",
            "criteria": [f"Өдөрлөгт {i * 7 % 997} иргэн хамрагдсан байх", f"{i}. Үр дүнг тооцож, тайлагнасан байх"],
            "period": "Жилдээ",
            "outcome": f"Өдөрлөг {i} удаа зохион байгуулсан байна.",
        }
        for i in range(measures)
    ]
    objectives = [{"text": f"Зорилт {i}", "measures": rows[i::10]} for i in range(10)]
    return Plan.model_validate({"title": "Төлөвлөгөө", "year": 2024, "owner": "Хэлтэс", "objectives": objectives})


def main() -> None:
    template = Template.builtin("plan")
    plans = {size: plan(size) for size in SIZES}
    taken: dict[int, list[float]] = {size: [] for size in SIZES}
    template.render(plans[SIZES[0]])
    for _ in range(ROUNDS):
        for size, subject in plans.items():
            started = time.perf_counter()
            template.render(subject)
            taken[size].append(time.perf_counter() - started)
    base = statistics.median(taken[SIZES[0]]) / SIZES[0]
    for size in SIZES:
        median = statistics.median(taken[size])
        each = median / size
        print(f"{size:>6} measures {median * 1000:8.1f} ms {each * 1e6:6.1f} µs each {each / base:5.2f} x")


if __name__ == "__main__":
    main()
