"""Asks a store for its results: one enterprise explained, many found, all as files."""
