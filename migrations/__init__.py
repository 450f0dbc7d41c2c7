"""Plain SQL, one concern a file, forward only; applied in the order of the names, once each."""
