"""Who somebody is, and what of the store is theirs to see: log-in, sessions, invitations, scopes."""
