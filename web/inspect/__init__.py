"""The inspector's pages, phone first: scan a code, read what is open, record the visit, see what follows."""
