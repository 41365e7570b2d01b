"""Data sets: found, read, verified, identified, split and kept on the device."""
