"""Hindi: written → spoken."""
