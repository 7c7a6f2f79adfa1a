"""Supervision: whom to visit first, and why. A list is no decision, and no colour comes from it."""
