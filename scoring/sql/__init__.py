"""The one way to DuckDB: connections, literals, and prepared queries over rows that are swapped."""
