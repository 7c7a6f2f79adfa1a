"""How a row of all sources is numbered."""

EMIT_BITS, ROW_BITS = 6, 38
"""A row of all sources is one BIGINT: file number, row of the file, emit.

There may be 2^18 files of 2^38 rows.
"""
