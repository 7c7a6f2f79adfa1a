"""Tables and sentences for the terminal: built here, printed by ``cli`` alone."""

from scoring.terminal.person import explanation, headline
from scoring.terminal.store import due_table, proposals
from scoring.terminal.tables import (
    STYLES,
    colour_table,
    demonstration,
    facts_table,
    policy_table,
    source_table,
)

__all__ = [
    "STYLES",
    "colour_table",
    "demonstration",
    "due_table",
    "explanation",
    "facts_table",
    "headline",
    "policy_table",
    "proposals",
    "source_table",
]
