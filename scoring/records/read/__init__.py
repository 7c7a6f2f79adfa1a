"""Files, DataFrames and typed records are decoded, checked and become canonical rows."""
