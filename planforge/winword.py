"""Documents → PDF with Word on Windows, as a process of its own: `python -m planforge.winword FOLDER DOCUMENT…`.

Needs pywin32, which planforge does not ask for. Written after the documentation of Word's object model and **untried on
Windows**: the tests run it with a stand-in for Word.
"""

from __future__ import annotations

import importlib.util
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

__all__ = ["end", "is_there", "main"]

_EXPORT_PDF: Final = 17
"""wdExportFormatPDF."""
_NO_MACROS: Final = 3
"""msoAutomationSecurityForceDisable."""
_NO_QUESTIONS: Final = 0
"""wdAlertsNone."""
_WITHOUT_SAVING: Final = 0
"""wdDoNotSaveChanges."""
_NOTE: Final = "winword.pid"


def is_there() -> bool:
    """Whether Word is installed and pywin32, by which it is reached."""
    if sys.platform != "win32":
        return False
    import winreg

    try:
        winreg.CloseKey(winreg.OpenKey(winreg.HKEY_CLASSES_ROOT, "Word.Application"))
    except OSError:
        return False
    return importlib.util.find_spec("win32com") is not None


def main(folder: str, documents: Sequence[str]) -> int:
    """Saves each document as a PDF in the folder, in their order; 1 if one of them could not be saved."""
    import pywintypes  # type: ignore[import-not-found, import-untyped, unused-ignore]
    from win32com.client import DispatchEx  # type: ignore[import-not-found, import-untyped, unused-ignore]

    word: Any = DispatchEx("Word.Application")  # a Word of our own, not the one that a person works in
    failed = False
    try:
        word.Visible = False
        word.DisplayAlerts = _NO_QUESTIONS
        word.AutomationSecurity = _NO_MACROS
        word.Options.UpdateLinksAtOpen = False
        _note(word, Path(folder))
        for document in documents:
            try:
                opened = word.Documents.Open(document, False, True, False)  # no conversions, read-only, not recent
                opened.ExportAsFixedFormat(str(Path(folder, f"{Path(document).stem}.pdf")), _EXPORT_PDF)
                opened.Close(_WITHOUT_SAVING)
            except pywintypes.com_error as fault:  # the next document may be sound
                failed = True
                sys.stdout.write(f"{fault}\n")
    finally:
        word.Quit(_WITHOUT_SAVING)
    return int(failed)


def _note(word: Any, folder: Path) -> None:
    """Leaves the number of Word's process, which is no child of this one: whoever ends this one ends Word by it."""
    import win32process  # type: ignore[import-not-found, import-untyped, unused-ignore]

    blank = word.Documents.Add()  # only windows lead to the process, and only documents have windows
    _, number = win32process.GetWindowThreadProcessId(blank.ActiveWindow.Hwnd)
    blank.Close(_WITHOUT_SAVING)
    (folder / _NOTE).write_text(str(number), encoding="ascii")


def end(folder: Path) -> None:
    """Ends a Word that was left behind by a process which was stopped."""
    note = folder / _NOTE
    if sys.platform == "win32" and note.exists():
        number = note.read_text(encoding="ascii")
        subprocess.run(["taskkill", "/F", "/PID", number], capture_output=True, check=False)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], sys.argv[2:]))
