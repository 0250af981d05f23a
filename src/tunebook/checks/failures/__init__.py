"""C3: which trials fail, where, and why?"""
