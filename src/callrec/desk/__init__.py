"""The desk: callrec in a browser, over the same procedures as the command line.

It has no rule of its own, no SQL and no second way to decide: a page reads what was filled in,
calls one procedure of a noun and shows what it returns. It stands beside `cli`; neither imports
the other, and both take the words that they show from `views`.

    browser  --TLS-->  serving process  --socket-->  one process for each login
                       (application)                 (seat, pages)

Read in this order: serving (the processes, and who starts whom), application (what is asked by
HTTP, and what is let in), browsers (the sessions that are open, by cookie), exchange (what passes
to a login's own process), keeping (that process: it alone holds a person's keys), seat (what it
knows of one login: who acts, until when, what was seen), routes (which page answers which address),
entry (who is refused one), factors (what is shown beside a password), then pages. rendering and
hints make pages of values. guard has the headers and limits, telling what the administrator reads;
__main__ is the program. Of what takes longer than one page: hearing plays a recording, releasing
makes a package, arriving tells whether it came, memory holds files that are made for a browser,
drafts keeps long forms, twice does once what is sent twice, listing sorts tables, documents shows
what is set for paper; filled reads what was filled in.
"""
