"""What was recorded: versions of enterprises and records, where they came from, what the law deleted."""
