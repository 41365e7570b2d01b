"""Looks into a user's module without running anything of it but its imports.

Only the standard library is needed, and of the worker what needs no more. Node's side is
`src/environment/inspect.ts`.
"""

BRIDGE_MODULES = ("json_patch", "proxy", "Bridge", "interface")
"""Pythonia's files in the order in which they need each other; the last one serves to the end."""
