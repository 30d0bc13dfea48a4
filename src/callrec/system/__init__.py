"""Processes, files and durability: what callrec asks of the operating system [all clauses].

files makes them durable, private, whole or nameless and tells on which file system they lie;
processes starts children, keeps our own memory private and says when Ctrl-C may come; terminal
tells one terminal from another; name_pattern and spreadsheet guard what is read by
others' rules; toml reads and writes what people set; web asks another machine.
"""
