"""Who may write: accounts, acts of two people, and the clock that they vouch for."""
