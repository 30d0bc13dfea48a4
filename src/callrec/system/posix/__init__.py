"""What Linux and macOS are asked for, by the names that callrec.system gives it.

rights has who may read and change a file, drives which drives there are and what each is, macos
what a Mac does otherwise.
"""
