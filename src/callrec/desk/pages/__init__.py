"""The pages, by what people come for.

A page is a function that takes the seat, what was asked and the parts of its address, calls one
procedure of a noun, and returns what the browser gets. A form is shown by GET and done by POST at
the same address. Where a POST is refused, the same form is shown again with why (`seat.problem`)
and with what was filled in (`asked`), passwords left out.

    To begin      home (the inbox), account, done (what was done)
    Calls         search, subjects
    Requests      asking, requests, deciding, happening, letters; listen and release
    Safekeeping   holds, retention, drives; record, reviews, checking (of a package)
    The practice  people, rules, registers, standing; incidents, complaints
"""
