"""The immutable log in PostgreSQL: append, read, follow; keys of the people it speaks of."""
