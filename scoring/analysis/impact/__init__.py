"""Change with open eyes: what a new policy says, whom it would move, where its edges lie, and whom a result burdens more."""
