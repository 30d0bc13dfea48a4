"""Complaints about how the practice handles personal data [DPA 2018 s.164A].

log reads a complaint's history and its sealed versions, complaint receives, acknowledges, adds to
and answers one, show shows one and lists those that wait.
"""
