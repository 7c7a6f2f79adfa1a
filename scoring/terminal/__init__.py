"""Tables and sentences for the terminal: built here, printed by ``cli`` alone."""

from scoring.terminal.person import explanation, headline
from scoring.terminal.tables import colour_table, facts_table, policy_table, source_table

__all__ = ["colour_table", "explanation", "facts_table", "headline", "policy_table", "source_table"]
