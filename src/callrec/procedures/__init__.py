"""What people do with recordings, in the order in which it happens [policy 4].

Each procedure takes the practice and who acts, then what was said, keyword-only; it loads, checks
the policy, decides, logs, and only then acts. It returns a value and prints nothing.
"""
