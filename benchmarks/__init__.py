"""The same work against peers and against the limit, printed as ratios."""
