"""Words and looks of what an explanation says: grades, rules, figures, codes."""
