"""The object types of the schema. Their sources are rows of read models; a plain field is a column.

Annotations are read as they stand here and in `graphql/boards` (there is no `from __future__ import
annotations`): strawberry evaluates one that is text again and again, which took 0.9 s of each start.
"""
