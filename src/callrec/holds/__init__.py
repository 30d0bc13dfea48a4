"""What may not be destroyed [policy 4(h)]: the hold itself.

log reads a hold from its leaves and opens its sealed reason; follow lets a hold go along with its
request. Holds are placed and lifted by hand in retention/, and matched in requests/.
"""
