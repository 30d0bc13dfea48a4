"""Who acts [policy 4(i)]: login and logout, sessions, and the keys that a password opens.

Start with unlock (who acts: by password, credential or session; to log in), with guessing (how
guesses are slowed) and turns (that each takes its own), then locks (a person's seed, and their
shares of the vault's keys); choosing says what a new password must be, keyring holds sessions and
credential files, people the logins and sealed names.
"""
