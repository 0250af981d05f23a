"""C2: was the space sampled densely enough?"""
