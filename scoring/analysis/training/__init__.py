"""Trains the risk model: labels with their time, features from the engine, honest splits, a points table at the end."""
