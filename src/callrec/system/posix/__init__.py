"""What Linux and macOS are asked for, by the names that callrec.system gives it.

rights has who may read and change a file; processes has our own and signals; children and workers
fork them, confinement takes system calls away; sockets asks TCP.
"""
