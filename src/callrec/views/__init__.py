"""How things read, on a terminal and at the desk alike: the same words for the same thing.

words has times, days and numbers in words, requests a request in its parts, inbox what waits.
"""
