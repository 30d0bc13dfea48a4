"""The sound of a recording: decoded in a confined child, edited here, and written anew."""
