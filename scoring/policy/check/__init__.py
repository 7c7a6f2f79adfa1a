"""Checks of what a policy means: each fault a finding with its line, for ``sise policy check``."""
