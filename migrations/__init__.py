"""Plain SQL, one concern a file, forward only. `eventlog.migrate` applies them in the order of their names."""
