"""The commands, one file for each noun of the command line.

Each parses, calls one procedure and shows what came of it. A *_view module says how something is
shown that several commands show.
"""
