"""看板 The queries of each package of mechanisms, which the query type has beside its own."""
