"""Source maps, and what they say in SQL: from columns of a source to canonical columns and faults."""
