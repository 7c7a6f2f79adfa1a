"""Keeping a store over the years: what falls due, backups, restoring, and the way out."""
