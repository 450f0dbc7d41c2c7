"""流程挖掘 The log as files for process mining: OCEL 2.0 in SQLite and JSON, and XES; no personal text."""
