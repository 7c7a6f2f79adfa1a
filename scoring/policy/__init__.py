"""Reads and checks policies, registers and profiles of law: rules as data, under ``scoring/rules``."""
