"""The one path from records to colours: for DataFrames, folders, open data sets and single enterprises."""
