"""Call records: what a telephone system keeps of every call, recorded or not [policy 2].

Read reading first: it tells whose a file is. One module for each system then turns its rows into
legs, with what lines has for all of them: asterisk (and FreePBX), avaya, cloud (RingCentral, 8x8
Work, Twilio), cucm_fusion (Cisco and FusionPBX), mitel and three_cx.
"""
