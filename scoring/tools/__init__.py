"""Programmes that are shipped on their own and need nothing but Python."""
