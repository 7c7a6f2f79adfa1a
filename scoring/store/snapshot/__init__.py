"""The linked facts of a store, kept from one run to the next; only what new facts concern is linked again."""
