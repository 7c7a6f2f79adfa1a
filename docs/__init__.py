"""The documentation: a tree of pages in each language, and what builds it."""
