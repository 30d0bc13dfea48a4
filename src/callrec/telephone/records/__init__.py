"""Call records: what a telephone system keeps of every call, recorded or not.

One module for each system turns its rows into legs; ``reading`` tells whose a file is.
"""
