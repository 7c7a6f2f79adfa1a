"""The long versions of the tests; ``python3 run.py test`` runs a short sample of the same code."""
