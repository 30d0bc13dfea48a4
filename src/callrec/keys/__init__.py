"""The vault's keys, renewed, and the recovery kit [policy 4(i)].

audit says who can open what. rotating renews keys, reencrypting seals recordings anew, reindexing
writes the index under its new key. kit draws and replaces the recovery kit, kit_use tries and
uses it.
"""
