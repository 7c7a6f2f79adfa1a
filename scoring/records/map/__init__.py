"""Source maps, and what they say in SQL: canonical columns and faults from source columns."""
