"""Answers with and without the executor, held equal by random documents on random data for random askers."""
