"""A recording in custody [policy 4(i)]: opened, checked, found.

custody opens what is sealed of a recording and checks who sealed it; as_signed holds its rows
against the log; trial opens keys to see that they are sound; find answers criteria with calls;
records opens the call record that lies sealed beside a recording; coming_in says how a recording
came in, and from what it is dated; category until when it is kept.
"""
