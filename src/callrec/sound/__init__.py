"""A recording's sound: measured, edited, written as any computer plays it [policy 4(e)-(g)].

listening is what others call. coding speaks to a confined child each way: child has both
ends of that talk, decoder and encoder are the children, and samples does their counting. measured
and waveform say how loud a recording is where.
"""
