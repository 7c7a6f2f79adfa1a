"""Reads and checks policies, registers and finality profiles: the law as data, under ``scoring/rules``."""
