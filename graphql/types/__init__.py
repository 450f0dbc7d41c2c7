"""The object types of the schema. Their sources are rows of read models; a plain field is a column."""
