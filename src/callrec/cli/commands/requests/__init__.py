"""The commands about requests: ask, decide, date, show [policy 4(b), 4(e)-(g)].

Read request first: it makes, changes and lists them, and asks by particulars what a purpose wants
to know. decide has approve, deny and revoke, sitting several of them in one command; event and due
deal with dates; erase carries out what was approved; letter writes to the person; view and dossier
show. subject keeps the register of people whose identity was proved, recording notes who is heard.
"""
