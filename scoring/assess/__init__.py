"""The one path from rows to decided results: one enterprise, DataFrames, or a whole district."""
