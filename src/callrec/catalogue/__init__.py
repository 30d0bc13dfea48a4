"""The catalogue: what the vault knows, in SQL. SQLite now, PostgreSQL by URL later.

Nothing personal lies here in the clear: names, numbers, reasons and file names are sealed
(docs/formats/keys.md).
"""
