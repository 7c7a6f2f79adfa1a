"""Files of a source are decoded, checked and written as canonical rows; single records and DataFrames are read too."""
