"""Infringements and breaches [policy, last paragraph; UK GDPR 33].

log reads an incident's history and its sealed versions, incident reports, updates and closes one,
show shows one and lists those that wait.
"""
