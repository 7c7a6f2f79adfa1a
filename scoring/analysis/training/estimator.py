"""The estimator beside a points table, as a skops file for an analyst who works on.

Nothing in this project reads one: the table alone decides.
"""

from __future__ import annotations

import re
from io import BytesIO
from zipfile import ZipFile, ZipInfo

from scoring.analysis.training.candidates import estimators, fit_anew
from scoring.analysis.training.definition import ModelDefinition
from scoring.analysis.training.labels import learned_from
from scoring.analysis.training.training_data import Prepared
from scoring.policy.language.points_table import ModelTable

SUFFIX = ".skops"
_ADDRESS = re.compile(r'("__id__": |"file": ")(\d+)')


def estimator_bytes(definition: ModelDefinition, table: ModelTable, ready: Prepared) -> bytes:
    """The candidate that a table was read from, fitted once more as training did, as a skops file.

    Args:
        definition: What the table was trained by.
        table: Names the candidate.
        ready: What it was learned from.
    """
    # Only who asked for the file waits for skops: it looks through all of scikit-learn when it is imported.
    from skops.io import dumps  # type: ignore[import-untyped]

    learned = learned_from(definition, ready.labelled.cases)
    estimator = estimators(definition)[table.algorithm]
    return _reproducible(dumps(fit_anew(estimator, ready.matrix[learned], ready.labels[learned])))


def _reproducible(dumped: bytes) -> bytes:
    """The same archive without anything that differs from run to run.

    skops names parts by their address in memory; they become numbers in the order of the schema.
    Times are left out.
    """
    archive_bytes = BytesIO()
    with ZipFile(BytesIO(dumped)) as archive, ZipFile(archive_bytes, "w") as target:
        schema = archive.read("schema.json").decode()
        numbers = _numbered_addresses(schema)
        for member in archive.namelist():
            address, dot, suffix = member.partition(".")
            if address in numbers:
                target.writestr(ZipInfo(numbers[address] + dot + suffix), archive.read(member))
        renamed = _ADDRESS.sub(lambda match: match[1] + numbers[match[2]], schema)
        target.writestr(ZipInfo("schema.json"), renamed)
    return archive_bytes.getvalue()


def _numbered_addresses(schema: str) -> dict[str, str]:
    """A number for every address in a schema, in the order in which they first stand there."""
    addresses = dict.fromkeys(address for _, address in _ADDRESS.findall(schema))
    return {address: str(number) for number, address in enumerate(addresses)}
