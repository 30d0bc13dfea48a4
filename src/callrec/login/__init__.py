"""Who acts [policy 4(i)]: login and logout, sessions, and the keys that a password opens.

Start with unlock (who acts: by password, credential or session), then locks and shares; keyring
holds sessions and credential files, people the logins and sealed names, login opens a session.
"""
