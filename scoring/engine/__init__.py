"""Compiles a policy to one Ibis expression and runs its SQL text on DuckDB or Spark."""
