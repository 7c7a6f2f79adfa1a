"""Situations: what is on record about an enterprise, and what must come of it under a policy on certain days."""
