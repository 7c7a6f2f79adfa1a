"""The system of record: every fact as it came, every colour that followed, and who did what.

Facts are versions that nothing overwrites. Colours are computed from them and from a policy: no
function here takes one.
"""
