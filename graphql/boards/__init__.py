"""看板 The queries of each package, mixed into the query type."""
