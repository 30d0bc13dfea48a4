"""The vault's keys, renewed, and the recovery kit [policy 4(i)].

audit says who can open what. rotating renews keys, moves what is sealed to the old ones and writes
the index again; reencrypting re-encrypts recordings. kit draws and replaces the recovery kit,
kit_use tries and uses it. by_two shares the recordings key anew where it takes two people, or one.
"""
