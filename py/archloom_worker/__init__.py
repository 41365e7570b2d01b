"""The PyTorch side of archloom: a worker that builds, trains and measures networks on request."""
