"""历史导入 Histories of cases that another system kept, taken over row by row through the same decisions."""
