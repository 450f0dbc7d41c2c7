"""反应 What is done because something happened: followers of the log that send commands."""
