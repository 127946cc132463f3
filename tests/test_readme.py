"""The README's walk through one year, from the workbook to next year's plan, as it is typed."""

from __future__ import annotations

import os
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

from planforge import Plan, Report, load, read

ROOT = Path(__file__).parent.parent


def test_a_year_as_typed(tmp_path: Path) -> None:
    """Every command runs in a copy of the samples, in the README's order, and does what the text beside it says."""
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    (block,) = re.findall(r"```bash\n(.*?)\n```", readme, re.DOTALL)
    first = readme[readme.index("```sh\n") :].split("\n", 2)[1].rpartition(" && ")[2]
    shutil.copytree(ROOT / "samples", tmp_path / "samples")
    told = {}
    for line in (first, *block.splitlines()):
        program, *arguments = shlex.split(line)
        assert program == ".venv/bin/planforge"
        done = subprocess.run(
            [sys.executable, "-m", "planforge", *arguments],
            cwd=tmp_path,
            env={**os.environ, "PYTHONPATH": str(ROOT), "PYTHONUTF8": "1", "PLANFORGE_LANG": "en"},
            capture_output=True,
            encoding="utf-8",
        )
        assert done.returncode == (1 if arguments[0] == "diff" else 0), done.stderr
        assert " warning PF" not in done.stderr
        told[arguments[0]] = done.stdout
    demo = tmp_path / "demo"
    documents = [read(path) for path in (demo / "reports").glob("*.docx")]
    assert len(documents) == 35
    files = [load(path) for path in (demo / "units").glob("*.yaml")]
    assert sorted(r.unit.name for r in files if isinstance(r, Report) and r.unit) == sorted(
        r.unit.name for r in documents if isinstance(r, Report) and r.unit
    )
    assert "90.9%" in told["evaluate"]
    assert "90.9 %" in readme
    rolled = load(demo / "2027" / "plan.yaml", Plan)
    assert rolled.year == 2027
    assert (demo / "2027" / "decisions.docx").exists()
    assert "2027" in told["diff"]
