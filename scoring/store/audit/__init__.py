"""What can be checked: rows against the log, colours against facts, proofs for outsiders."""
