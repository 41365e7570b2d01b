"""A second module of a user's, which the first one imports from."""


def borrowed():
    return "borrowed"
