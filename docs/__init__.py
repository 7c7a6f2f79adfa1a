"""The documentation: one tree of pages a language, built by Sphinx, with a page of commands that the program writes."""
