"""指标导出 The measures as a table for other programs: CSV, or Parquet."""
