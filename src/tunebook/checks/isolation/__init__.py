"""C9: which scientific values differ, each at its best?"""
