"""Letters to the people who ask [UK GDPR 12; policy 4(e), 4(f)].

facts gathers from the record what a letter may tell, wording makes its text of that, log reads the
letters of a request, letter writes them, prints them again and says that they were sent. Which
letter is true when, is in policy/rights/letter.py.
"""
