"""C11: were configurations chosen by earlier results?"""
