"""What people do with a colour: ask for results, show a code, order visits."""
