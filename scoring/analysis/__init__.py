"""What is tried before a rule or a model changes: impact, training, and synthetic data to try them on."""
