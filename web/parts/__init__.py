"""What pages of all audiences are made of."""
