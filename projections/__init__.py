"""Read models: one module a question; its table, its fold and its queries live together."""
