"""Who stands to whom among the records of an enterprise, under a set of relations.

What follows from it on a day is for the engine to say (``scoring.engine.related``). The steps are
written with Ibis, so that the same definition runs where a cluster links; what DuckDB alone can do, the
normal forms of texts, stands in ``possible_partners``. Every step makes a table of the connection; its SQL is
written once for each set.
"""
