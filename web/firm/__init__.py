"""The pages of a firm about itself."""
