"""What was recorded: enterprises and records, where they came from, and what the law deleted."""
