"""Logging in and out, codes on paper, and what an account may do."""
