"""The commands about what went wrong, or may have: incident, complaint.

An incident is the practice's own [policy, last paragraph]; a complaint about personal data comes
from the person whose data it is [DPA 2018 s.164A]. Neither needs a power to be entered.
"""
