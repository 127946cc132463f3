"""Data files, installed with the package: two real documents, which `planforge demo` renders, and invented ones."""
