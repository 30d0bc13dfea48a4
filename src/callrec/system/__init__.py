"""Processes, files and durability: what callrec asks of the operating system.

files makes them durable, private or nameless and tells which file system they lie on; whole_file
gives somebody a file whole or not at all; processes starts children and keeps our own memory
private; name_pattern and spreadsheet guard what is read by others' rules.
"""
