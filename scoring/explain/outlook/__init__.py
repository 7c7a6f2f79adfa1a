"""What is to come if nothing new happens, and what would help."""
