"""What can happen and what is allowed: events, aggregates and policies. No I/O, no SQL, no clock."""
