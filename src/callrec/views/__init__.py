"""How things read, on a terminal and at the desk alike: the same words for the same thing.

words has times, days and numbers in words; typed reads the references that people type. Then, by
noun: calls, subjects; requests; release, checking, destroyed, retention, holds, volumes; incidents,
complaints; people, factors, fingerprints, settings, notices; audit, witnesses and registers; inbox,
status, and metrics for a monitoring system.
"""
