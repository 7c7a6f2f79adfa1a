"""The synthetic Quzhou district: enterprises and records that are nobody's, and a ledger of the traps planted in them."""

from __future__ import annotations

from scoring.analysis.synthetic.district import generate
from scoring.analysis.synthetic.plan import DistrictPlan
from scoring.analysis.synthetic.write import write_district

__all__ = ["DistrictPlan", "generate", "write_district"]
