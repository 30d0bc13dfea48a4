"""Find a call for a reason, and look at it [policy 4(c), 4(d)].

search finds for a reason or under a request, and proposes what fits a new one; show tells what is
known of one recording, matching what a new request may ask for, subjects of one person on the
register; reviews draws searches and records that they were looked at.
"""
