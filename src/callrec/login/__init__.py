"""Who acts [policy 4(i)]: login and logout, sessions, and the keys that a password opens.

Start with unlock (who acts, by password or credential; to log in), with turns (how guesses are
slowed), then sessions (who acts by an open login) and locks (a person's seed, and their shares of
the vault's keys). factors is the second factor of a lock, asking where one is presented, printed
the kind that is on paper, fido2_key and smart_card those that are devices. Where it takes two to
open recordings, machine is this computer, together a second person. choosing says what a new
password must be, keyring holds what a terminal keeps and credential files, drafts the answers of a
command that was cut short, people the logins and sealed names.
"""
