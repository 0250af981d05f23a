"""C6 C7: would longer training help, or would shorter do?"""
