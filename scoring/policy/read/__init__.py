"""From the text of a rule file to its form: TOML, ``extends``, lines, faults of form in words."""
