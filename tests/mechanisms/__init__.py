"""What the mechanisms of grassroots governance promise, package by package."""
