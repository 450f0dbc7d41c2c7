"""Wiring only: settings, database, tokens, the ASGI application, the command line, the demonstration."""
