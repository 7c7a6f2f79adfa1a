"""The system of record: every fact kept, every colour accounted for."""
