"""Digit recognition with a small convolutional network, as a team might have it."""
