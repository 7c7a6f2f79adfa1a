"""The offline verifier: an installable page that reads codes and verifies them without a network."""
