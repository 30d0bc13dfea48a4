"""How things read, on a terminal and at the desk alike: the same words for the same thing.

words has times, days and numbers in words; typed reads the references that people type. calls,
complaints, incidents, particulars, requests and subjects have what is asked for and shown of each,
inbox what waits and what answers it.
"""
