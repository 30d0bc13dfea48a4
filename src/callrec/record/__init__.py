"""What happened, as the audit log says it: the one kernel that every noun reads its history by.

Read acts first (what each leaf names, leaves read by act), then statements and details (what lies
signed or sealed beside a leaf), then entitled (who did it, on which day, and whether they might).
"""
