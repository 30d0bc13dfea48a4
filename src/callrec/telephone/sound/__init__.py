"""What a file's bytes are: recognised by their content, never played [policy 2].

Read ``inspecting`` first: it asks ``containers`` and ``frames``, and knows WAVE and bare samples
itself. ``samples`` tells whether anything is to be heard, ``sound`` has what is found and why a
file is not sound.
"""
