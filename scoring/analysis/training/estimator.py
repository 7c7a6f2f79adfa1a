"""The analyst's estimator beside its table: a skops file for whoever works on. Nothing here reads one: the table alone decides."""

from __future__ import annotations

import re
from io import BytesIO
from zipfile import ZipFile, ZipInfo

import pandas as pd
from skops.io import dumps  # type: ignore[import-untyped]

from scoring.analysis.training.candidates import estimators, fit_anew
from scoring.analysis.training.definition import ModelDefinition
from scoring.analysis.training.train import Prepared
from scoring.policy.language.points_table import ModelTable

SUFFIX = ".skops"
_ADDRESS = re.compile(r'("__id__": |"file": ")(\d+)')


def estimator_bytes(definition: ModelDefinition, table: ModelTable, ready: Prepared) -> bytes:
    """The candidate that a table was read from, fitted once more as training did, in the form of skops.

    Args:
        definition: What the table was trained by.
        table: Names the candidate.
        ready: What it was learned from.
    """
    last = (ready.labelled.cases["visit_on"] <= pd.Timestamp(definition.splits.train_until)).to_numpy()
    return _settled(
        dumps(fit_anew(estimators(definition)[table.algorithm], ready.matrix[last], ready.found[last]))
    )


def _settled(dumped: bytes) -> bytes:
    """The same archive, with numbers for the addresses in memory that skops takes as names, and without times."""
    settled = BytesIO()
    with ZipFile(BytesIO(dumped)) as archive, ZipFile(settled, "w") as target:
        schema = archive.read("schema.json").decode()
        numbers = {
            old: str(n) for n, old in enumerate(dict.fromkeys(old for _, old in _ADDRESS.findall(schema)))
        }
        for name in archive.namelist():
            stem, dot, suffix = name.partition(".")
            if stem in numbers:
                target.writestr(ZipInfo(numbers[stem] + dot + suffix), archive.read(name))
        target.writestr(
            ZipInfo("schema.json"), _ADDRESS.sub(lambda found: found[1] + numbers[found[2]], schema)
        )
    return settled.getvalue()
