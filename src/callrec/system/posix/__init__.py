"""What Linux and macOS are asked for, by the names that callrec.system gives it.

rights has who may read and change a file; children forks them; sockets asks TCP.
"""
