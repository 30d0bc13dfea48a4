"""The register of people whose identity was proved [policy 4(c), 4(d)].

log reads a record's history and its sealed versions, register adds, changes and finds people.
Looking somebody up for a reason is search/, asking for their calls is requests/, erasing them is
retention/.
"""
