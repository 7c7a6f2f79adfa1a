"""A district that cannot be written leaves what was there as it was."""

from __future__ import annotations

import errno
from datetime import date
from pathlib import Path

import pytest

import scoring.analysis.synthetic.write as write
from scoring.analysis.synthetic import DistrictPlan, write_district
from scoring.errors import EnvironmentRefusedError


def test_a_full_disk_leaves_nothing_half_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """When the disk fills up the error says so, and the folder holds the old files and no others."""
    (tmp_path / "records.csv").write_text("old", encoding="utf-8")

    def full(*_: object) -> None:
        """Nothing fits any more."""
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(write, "_arrow", full)
    with pytest.raises(EnvironmentRefusedError, match="free space"):
        write_district(DistrictPlan(enterprises=10, seed=1, as_of=date(2026, 9, 30)), tmp_path, format="csv")
    assert ["records.csv"] == [path.name for path in tmp_path.iterdir()]
    assert "old" == (tmp_path / "records.csv").read_text(encoding="utf-8")
