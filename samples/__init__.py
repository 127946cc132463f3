"""Real documents as data files, installed with the package; `planforge demo` renders them."""
