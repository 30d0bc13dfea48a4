"""What waits, what is due, and whether all is well [policy 4(e), 4(f)].

status is the vault at a glance, practices that of many vaults, inbox what waits for one person,
reminding who gets a message about what is urgent, doctor whether this machine and this vault are
sound, finding what such a check says; desk whether the pages in a browser can be served; settings
are the practice's rules; checking is of a package that somebody was given; stamps tells how it
stands with time stamps, and stamping makes one; network plans what a supplier makes for many
practices.
"""
