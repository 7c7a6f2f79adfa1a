"""The tables, the databases they lie in, and one way to write to them."""
