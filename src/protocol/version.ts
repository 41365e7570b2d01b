/**
 * The protocol's name and version: the first frame of every message, in a form that never changes,
 * so that any two versions can at least tell each other apart.
 */
export const protocolVersion = 1

/** First frame of every message: `ALP/` and the version in decimal. */
export const protocolTag = `ALP/${protocolVersion}`
