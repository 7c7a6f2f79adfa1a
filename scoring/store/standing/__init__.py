"""Who stands where: results from facts, when they take effect, and what people enter that moves them."""
