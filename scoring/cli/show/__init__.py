"""Tables and sentences for the terminal: built here, printed by ``cli`` alone."""

from scoring.cli.show.enterprise import explanation, headline
from scoring.cli.show.hands import (
    accounts_table,
    deleted_table,
    grants_table,
    links_table,
    people_table,
    proposed_table,
    role_word,
    tokens_table,
)
from scoring.cli.show.proposal import proposals
from scoring.cli.show.run import (
    STYLES,
    colour_table,
    facts_table,
    not_looked_at_table,
    policy_table,
    source_table,
)
from scoring.cli.show.store import MOST_ROWS, due_table, found_table

__all__ = [
    "MOST_ROWS",
    "STYLES",
    "accounts_table",
    "colour_table",
    "deleted_table",
    "due_table",
    "explanation",
    "facts_table",
    "found_table",
    "grants_table",
    "headline",
    "links_table",
    "not_looked_at_table",
    "people_table",
    "policy_table",
    "proposals",
    "proposed_table",
    "role_word",
    "source_table",
    "tokens_table",
]
