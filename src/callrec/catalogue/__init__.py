"""The catalogue: what the vault knows, in SQL [policy 4(h), 4(i)].

Nothing personal lies here in the clear: names, numbers, reasons and file names are sealed
(docs/formats/keys.md). Read `tables` first (with instants in rows), then `engine` (opening,
transactions, whether it is as it was made), `sound` (whether its pages and rows are) and `written`
(what a transaction signs for). `recordings`, `requests`, `holds`, `volumes` and `destruction` are
the queries that several folders share; `index` finds calls without telling who they were with,
`subjects` people on the register likewise; `backup` copies the whole while others work. Under them
a file of `sqlite` is opened; where `postgres` has the catalogue instead, it says what is otherwise
there, `roles` what a role may do, and `copying` brings rows there and back. The folder `migrations`
makes the schema.
"""
