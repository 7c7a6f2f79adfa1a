"""Source maps with random damages: refused in words and at once, or loaded.

A sample here; ``python3 run.py campaign rules`` tries 2,000, and as many policies and definitions of models.
"""

from __future__ import annotations

import os
import random
import time
from pathlib import Path

import pytest
from mutated_files import damaged_text

from scoring.analysis.training.definition import read_definition
from scoring.errors import SiseError
from scoring.policy.check.checks import check_file
from scoring.records import load_source_map
from scoring.rules import POLICIES, SOURCES

DAMAGES = int(os.environ.get("SISE_RULES", "90"))
SECONDS = 10
MODELS = Path(__file__).resolve().parents[3] / "models"
READERS = {
    "maps": (sorted(SOURCES.glob("*.toml")), lambda path: load_source_map(str(path))),
    "policies": (sorted(POLICIES.glob("quzhou-demo/20*.toml")), check_file),
    "models": (sorted(MODELS.glob("*.toml")), read_definition),
}


@pytest.mark.parametrize("kind", READERS)
def test_damaged_rules_are_refused_in_words(kind: str, tmp_path: Path) -> None:
    """Whatever is cut, doubled, nested or exchanged, the answer is a refusal in both languages or a file that loads."""
    files, read = READERS[kind]
    refused = 0
    for number in range(DAMAGES // len(READERS)):
        chance = random.Random(f"{kind} {number}")
        own = tmp_path / "own.toml"
        own.write_bytes(damaged_text(chance.choice(files).read_bytes(), chance))
        begin = time.process_time()
        try:
            refused += bool(read(own)) and kind == "policies"
        except SiseError as error:
            assert error.text("zh") and error.text("en")
            refused += 1
        assert time.process_time() - begin < SECONDS, f"{kind} {number}"
    print(f"{kind}: refused {refused}")
