"""The commands about requests: ask, decide, date, show.

particulars asks what a purpose wants to know, ask makes a request, decide approves, denies and
revokes, event and due deal with dates, request lists and changes, view and dossier show.
"""
