"""Turns an assessment into reasons with records, articles, remedies and words."""
