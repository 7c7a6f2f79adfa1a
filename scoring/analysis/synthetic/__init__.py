"""The synthetic Quzhou district: enterprises and records of nobody, and a ledger of planted traps."""

from __future__ import annotations

from scoring.analysis.synthetic.district import generate
from scoring.analysis.synthetic.plan import DistrictPlan
from scoring.analysis.synthetic.write import write_district

__all__ = ["DistrictPlan", "generate", "write_district"]
