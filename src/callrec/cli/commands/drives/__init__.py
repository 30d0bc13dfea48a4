"""The commands about external drives: copy to them, keep account of them, restore [policy 4(h)].

Read archive first: it copies recordings, and has backup, which copies the catalogue; below it
volumes lists who keeps each drive, or lost it. restore gives the vault back, and has migrate.
"""
