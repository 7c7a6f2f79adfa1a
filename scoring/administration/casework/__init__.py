"""What people contest, answer and confirm: one state machine whose procedures are data."""
