"""Who joins, what they may do, who leaves [policy 4(a)].

founding sets up a vault and its first Data Controller, joining adds and confirms a person, powers
changes roles and lends powers; vouching writes the signed statement and the key shares that
follow from each of these, and takes back what is sealed to people who leave; seen retires what a
password opened that somebody else may know.
"""
