"""What Linux and macOS are asked for, by the names that callrec.system gives it.

files opens, locks, names and keeps them; rights has who may read and change one; drives has which
there are and what each is; children forks them; sockets asks TCP; terminal tells which this is, and
runtime keeps what a login needs in memory; console is a terminal, shell reads a line, playing feeds
a player; macos has what it does otherwise.
"""
