"""Japanese: written → spoken."""
