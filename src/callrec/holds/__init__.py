"""What may not be destroyed [policy 4(h)]: the hold itself.

log reads a hold from its leaves, opens its sealed reason and lets a hold follow its request. Holds
are placed and lifted by hand in retention/, and matched in requests/.
"""
