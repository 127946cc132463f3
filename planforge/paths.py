"""The files that a command line names: patterns, what a name means, where documents go, and saving them.

Nothing here prints; what cannot be done is `Refused`, what should not be asked for is `WrongUse`.
"""

from __future__ import annotations

import os
import re
import sys
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import replace
from glob import glob
from pathlib import Path
from typing import Any, BinaryIO

from planforge import templates
from planforge.console import Refused, WrongUse, reason
from planforge.data import Loaded
from planforge.errors import DataPlace, Problem
from planforge.render import save as save_document

__all__ = [
    "STDIN",
    "expand",
    "identity",
    "is_path",
    "is_template_path",
    "make_folder",
    "open_input",
    "placed",
    "refuse_terminal",
    "save",
    "save_new",
    "stems",
    "targets",
]

STDIN = "<stdin>"


def expand(files: Sequence[str]) -> tuple[list[str], list[Problem]]:
    """Names and patterns as names, each file once; Word's lock files are left out of patterns, not of names."""
    found: dict[str, str] = {}
    problems: list[Problem] = []
    for name in files:
        names = [name]
        if any(c in name for c in "*?[") and not Path(name).exists():
            names = _matching(name)
            if not names:
                problems.append(Problem("PF720", None, {"pattern": name}))
        for each in names:
            found.setdefault(each if each == "-" else identity(each), each)
    return list(found.values()), problems


def _matching(pattern: str) -> list[str]:
    """Windows' shells leave patterns to the program."""
    found = (Path(name) for name in glob(pattern, recursive=True))  # noqa: PTH207 - pathlib takes no absolute pattern
    return sorted(str(path) for path in found if not path.name.startswith("~$") and path.is_file())


def identity(path: str | Path) -> str:
    """What two names of one file have in common, also where Windows or macOS would take them for one."""
    return unicodedata.normalize("NFC", os.path.realpath(path)).casefold()


def make_folder(folder: Path) -> None:
    """Creates a folder and those above it (PF728)."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise Refused("PF728", str(folder), detail=reason(error)) from error


def open_input(name: str) -> str | BinaryIO:
    """A source: a path, or the standard input."""
    if name != "-":
        return name
    if sys.stdin is None:
        raise WrongUse("PF731")
    return sys.stdin.buffer


def refuse_terminal() -> None:
    """A terminal would show a document as rubbish (PF725)."""
    if sys.stdout is not None and sys.stdout.isatty():
        raise WrongUse("PF725")


def save(document: bytes, path: Path) -> None:
    """Writes a file where a file may stand: a device is not replaced (PF732)."""
    if path.exists() and not path.is_file() and not path.is_dir():
        raise WrongUse("PF732", str(path))
    save_document(document, path)


def save_new(document: bytes, path: Path) -> None:
    """Writes a file where none is: what an officer has written is never overwritten (PF723)."""
    if os.path.lexists(path):
        raise WrongUse("PF723", str(path))
    save(document, path)


_NOT_IN_NAMES = re.compile(r'[\\/:*?"<>|\x00-\x1f\x7f]+')
_DEVICES = re.compile(r"(con|prn|aux|nul|com[0-9]|lpt[0-9])(\..*)?", re.IGNORECASE)
_MAX_STEM = 100
"""Letters, of up to two bytes each in Cyrillic: a file system takes 255 bytes."""


def stems(keys: Sequence[str], taken: Sequence[str] = ()) -> list[str]:
    """A file name without ending for each key, each its own, also where letters' case does not count."""
    out: list[str] = []
    used = {name.casefold() for name in taken}
    for key in keys:
        stem = _NOT_IN_NAMES.sub("_", unicodedata.normalize("NFC", key)).strip(" .")[:_MAX_STEM].strip(" .") or "_"
        stem = f"_{stem}" if _DEVICES.fullmatch(stem) or stem.startswith(("-", "~$")) else stem
        name, count = stem, 1
        while name.casefold() in used:
            count += 1
            name = f"{stem}-{count}"
        used.add(name.casefold())
        out.append(name)
    return out


def placed(problem: Problem, file: str, loaded: Loaded[Any] | None = None) -> Problem:
    """A problem with the file that it is about, and the line if its data were read from one."""
    place = problem.place
    if place is None:
        return replace(problem, place=DataPlace(file))
    if place.file is not None:
        return problem
    if isinstance(place, DataPlace) and loaded is not None:
        place = loaded.place_of(place.path)
    return replace(problem, place=replace(place, file=place.file or file))


def is_template_path(name: str) -> bool:
    """Whether `-t` names a file, not a built-in template."""
    return name not in templates.names() and is_path(name)


def is_path(name: str) -> bool:
    """Whether a word that may be a name looks like a path, or is one."""
    path = Path(name)
    return path.suffix != "" or len(path.parts) > 1 or path.exists()


def targets(
    names: Sequence[str], template: str | None, output: str | None
) -> tuple[Mapping[str, Path | None], Path | None]:
    """Where each document goes (None: stdout) and the folder to make; nothing is written yet (PF721–PF726)."""
    if "-" in names and len(names) > 1:
        raise WrongUse("PF726")
    if output == "-" or (output is None and "-" in names):
        if len(names) > 1:
            raise WrongUse("PF726")
        refuse_terminal()
        return dict.fromkeys(names), None
    if output is None:
        beside = {name: Path(name).parent / _document_name(name) for name in names}
        return _without_clashes(beside, names, template), None
    if len(names) == 1 and _means_file(output):
        return _without_clashes({names[0]: Path(output)}, names, template), None
    folder = Path(output)
    if folder.exists() and not folder.is_dir():
        raise WrongUse("PF724", output)
    inside = {name: folder / _document_name(name) for name in names}
    return _without_clashes(inside, names, template), folder


def _document_name(name: str) -> str:
    return f"{'document' if name == '-' else Path(name).stem}.docx"


def _means_file(output: str) -> bool:
    """Whether `-o` names a file: one that is there, or a name with an ending that is no folder."""
    path = Path(output)
    ends = tuple(filter(None, (os.sep, os.altsep)))
    return not output.endswith(ends) and not path.is_dir() and (path.exists() or path.suffix != "")


def _without_clashes(
    targets: Mapping[str, Path], names: Sequence[str], template: str | None
) -> Mapping[str, Path | None]:
    """The targets, if none is written twice (PF721) and none replaces what the documents are made from (PF722)."""
    own = {identity(name): name for name in names if name != "-"}
    if template is not None and is_template_path(template):
        own[identity(template)] = template
    seen: dict[str, str] = {}
    for name, target in targets.items():
        same = identity(target)
        if same in own:
            raise WrongUse("PF722", file=own[same])
        if same in seen:
            raise WrongUse("PF721", output=str(target), first=seen[same], second=name)
        seen[same] = name
    return dict(targets)
