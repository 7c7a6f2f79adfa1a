"""A visit to an enterprise: what is scanned and looked at, its minutes, and the records that follow from it."""
