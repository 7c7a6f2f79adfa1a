"""Fixtures that several rooms share."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """Real public records, kept beside the repository and never in it; absent, the test is skipped (under CI: fails)."""
    folder = ROOT.parent / "shared" / "data"
    if not folder.is_dir():
        reason = "the real records are not beside the repository (../shared/data)"
        if os.environ.get("CI") == "true":
            pytest.fail(reason)
        pytest.skip(reason)
    return folder
