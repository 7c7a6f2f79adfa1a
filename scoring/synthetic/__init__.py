"""The synthetic Quzhou district: enterprises and records that are nobody's, and a ledger of the traps planted in them."""

from __future__ import annotations

from scoring.synthetic.district import generate
from scoring.synthetic.plan import DistrictPlan
from scoring.synthetic.write import write_district

__all__ = ["DistrictPlan", "generate", "write_district"]
