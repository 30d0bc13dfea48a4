"""Who is told by mail, and the sending of it.

outbox queues a message in the transaction of the act that it tells of; sending decides what is
tried when; post is the only module that speaks SMTP.
"""
