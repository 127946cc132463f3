"""Fixtures and the hypothesis profiles: `ci` in CI, `thorough` by HYPOTHESIS_PROFILE for a release."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from planforge import office

_QUIET = [HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.filter_too_much]
settings.register_profile("default", deadline=None, suppress_health_check=_QUIET)
settings.register_profile("ci", deadline=None, suppress_health_check=_QUIET, derandomize=True, print_blob=True)
settings.register_profile("thorough", deadline=None, suppress_health_check=_QUIET, max_examples=2_000)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "ci" if os.environ.get("CI") else "default"))


@pytest.fixture(scope="session")
def libreoffice() -> Path:
    """The installed office program; the test is skipped without one, and fails in CI."""
    found = office.find_office()
    if found is None:
        reason = "LibreOffice is not installed: apt-get install libreoffice-writer-nogui"
        if os.environ.get("CI"):
            pytest.fail(reason)
        pytest.skip(reason)
    return found
