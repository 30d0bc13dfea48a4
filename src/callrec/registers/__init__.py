"""What an inspector, an auditor or a data subject may ask to see [policy 4(a)].

registers names all; requests, disclosure, rights and others write their entries. audit reads
the log in words; verify proves it and projections holds every row against it. dossier is all that
ever happened to one request; report counts a month, by months and into figures; dossier_document
and report_document put them in words. resuming puts on record what was found that nobody signed,
and lets the practice go on. cosigning has witnesses see the newest head; witnessed reads what they
saw.
"""
