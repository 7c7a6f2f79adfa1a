"""Providers of identities: each a class, configured by a file, asked over a bound connection."""
