"""Training of the risk model: from dated labels and the engine's features to a points table.

Nothing is learned from what was not known on the day, and nothing is judged by what it was learned
from.
"""
