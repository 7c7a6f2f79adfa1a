"""Keys, by what they are for: one folder of private ones with a register, and the list of public
ones that others trust."""
