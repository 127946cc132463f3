"""The command `planforge`, also as `python -m planforge`; what concerns the whole process is set before its imports."""

import gc
import os
from typing import NoReturn

_RARELY = 50_000
"""Objects more than before, until the collector looks for cycles among them."""


def main() -> NoReturn:
    """The command `planforge`."""
    # Documents and their data leave no cycles behind: to look for them as often as Python does takes a thirtieth.
    gc.set_threshold(_RARELY, *gc.get_threshold()[1:])
    # Plugins of pydantic have no say in documents; to look for them takes as long as ten documents.
    os.environ.setdefault("PYDANTIC_DISABLE_PLUGINS", "__all__")
    from planforge import cli

    cli.main()


if __name__ == "__main__":
    main()
