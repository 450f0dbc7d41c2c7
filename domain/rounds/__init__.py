"""走访 Rounds: who walks through the grids, looks in on whom, and knocks at which doors."""
