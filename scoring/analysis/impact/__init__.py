"""Before a policy changes: what the new one says, whom it moves, where edges lie, whom results burden."""
