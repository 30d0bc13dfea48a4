"""How requests read, from what is asked for to what went out.

particulars (what a request says) and asking (what is said of a new one); shown and as_json (as
people and as programs read one), remarks beside it, choosing among several; decisions, events,
letters.
"""
