"""What Linux and macOS are asked for, by the names that callrec.system gives it.

files opens, locks, names and keeps them; rights has who may read and change one; drives has which
there are and what each is; processes has our own and signals; children and workers fork them;
confinement takes system calls away; sockets asks TCP; terminal tells which this is, runtime keeps
what a login needs in memory; console is a terminal, shell reads a line, paths takes one, playing
feeds a player; macos has what it does otherwise.
"""
