"""Who stands where: results, when they take effect, and what people enter that moves them."""
