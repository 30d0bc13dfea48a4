"""Who is notified by mail, and the sending of it [policy 4(e), 4(f)].

outbox queues a message in the transaction of the act that it tells of, and decides when what waits
is tried; sending tries it; post is the only module that speaks SMTP.
"""
