"""What can be checked: every row against the log, every colour against its facts, proofs for outsiders."""
