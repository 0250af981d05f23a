"""G2: did an optimizer lose to one that it includes?"""
