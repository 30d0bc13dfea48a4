"""Notes on recordings: who is heard in one, and what else to know of it [policy 4(d), 4(e)].

log reads a note's history and its sealed versions, and erases them; note writes one.
"""
