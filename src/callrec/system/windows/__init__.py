"""What Windows is asked for, by the names that callrec.system gives it.

api declares its libraries, drives has which drives there are and what each is.
"""
