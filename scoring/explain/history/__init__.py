"""Points and colour over time: the days, what moved them, in words and as a picture."""
