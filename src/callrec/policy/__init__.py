"""What the practice's policy says: pure functions and frozen data, no files, no clock, no ids made.

clause       the policy's own words, each clause spelt once
role         who may do what, and which vault keys that opens      4(a), 4(b)
purpose      what a recording may be used for, who decides it      2, 4(d)-(i)
reason       when a reason is one                                  4(b), 4(c)
particulars  what every request says                               4(b)
request      the states of a request and how it moves              4(b)
authority    who may act, who may decide                           4(a)-(g)
hearing      who hears and releases what was granted               2, 4(a), 4(e)-(g)
edits        what is left out of a copy, and on what ground        4(e), 4(f)
edits_said   how that is typed
criteria     what a search may ask, and which calls answer it      4(c), 4(d), 4(i)
masking      what a searcher sees before anything is granted       4(c)
words        how names are compared
incident     infringements: who is told, who reads, who closes     last paragraph
breach       what UK GDPR 33 asks of one
notice       how people are told that calls are recorded           3
when         days and times as people say them
clock        by when a request is answered, and why                4(e), 4(f), 4(i)
lapse        when what nobody decided or used ends
"""
