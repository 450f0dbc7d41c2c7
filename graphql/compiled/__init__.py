"""编译查询 Compiled reads: a query is planned once, read by one statement a root, written as JSON."""
