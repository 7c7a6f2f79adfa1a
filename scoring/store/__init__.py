"""The system of record: every fact as it came, every colour that followed from it, and the log of who did what.

Facts are versions that nothing overwrites; colours are computed from them and from a policy, and no function here takes one.
"""
