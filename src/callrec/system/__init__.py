"""Processes, files and durability: what callrec asks of the operating system [all clauses].

files makes them durable, whole or nameless; rights tells who may read and change them; drives tells
which are attached, what each is and of which kind; processes starts children, keeps our own memory
private and says when Ctrl-C may come, modules what the command of a child is; confinement leaves
one nothing but to compute, within limits; workers share the work of a process, children are those
of one that serves, each with a channel; sockets tells what became of a connection; terminal tells
one terminal from another, runtime keeps what a login needs between commands, and console is what is
typed and shown; playing has a player beside us; shell tells how a command is typed and which
program a name calls, with quoting for Windows; paths and file_names tell what lies in what, and
which names a file can have; name_pattern and spreadsheet guard what is read by others' rules; toml
reads and writes what people set; web asks another machine.

No other folder knows which system it runs on. What they differ in lies in posix and windows, by the
same names; the modules here choose one and add what is the same everywhere. tests/system holds both
to one contract.
"""
