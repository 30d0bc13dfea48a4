"""What Windows is asked for, by the names that callrec.system gives it: files and drives.

api declares it.
"""
