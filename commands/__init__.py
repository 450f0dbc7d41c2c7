"""What a user can ask for: each command loads what it needs, lets the domain decide, appends the events."""
