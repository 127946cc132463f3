"""A batch that is killed again and again loses nothing: the small form of `benchmarks/kills.py`."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

SCRIPT = Path(__file__).parent.parent / "benchmarks" / "kills.py"


@pytest.mark.skipif(sys.platform != "linux", reason="workers are found through /proc")
def test_kills() -> None:
    """Killed eight times over 150 units, parent and workers: the folder is that of an undisturbed run, and nothing is left."""
    ran = subprocess.run(
        [sys.executable, str(SCRIPT), "--units", "150", "--kills", "8"], capture_output=True, text=True, check=False
    )
    assert ran.returncode == 0, ran.stdout + ran.stderr
    told = json.loads(ran.stdout)
    assert told["parents killed"] + told["workers killed"] >= 8
    wrong = ("lost", "left over", "partial", "different", "twice", "debris", "debris then")
    assert [told[name] for name in wrong] == [0] * 7
    assert told["workers killed, not started again"] > 0
