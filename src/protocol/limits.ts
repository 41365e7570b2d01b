/**
 * How much either end takes from the other: more is refused before it is parsed. The worker's
 * `schema.py` gets them from here; docs/security.md says what they protect.
 */
export const limits = {
  /** Bytes of a header. A graph of ten thousand nodes has about three million. */
  headerBytes: 16 * 2 ** 20,
  /** Arrays and objects in one another in a header; the deepest of a message's own are seven. */
  headerDepth: 64,
  /** Tensors of one message. */
  tensors: 1024,
  /** Bytes of one tensor; ZeroMQ itself cuts off who sends more. */
  tensorBytes: 2 ** 30,
  /** Axes of a tensor; what NumPy 1 takes. */
  tensorAxes: 32,
  /** Characters of the name of a task, a worker or a tensor. */
  nameCharacters: 256,
  /** Characters of a log message, and of a text among its fields. */
  logCharacters: 65_536,
} as const

/**
 * How deep arrays and objects stand in one another in a JSON text, without parsing it.
 *
 * @param json - in UTF-8; of a text that is no JSON the answer says nothing
 */
export function jsonDepth(json: Uint8Array): number {
  let depth = 0
  let deepest = 0
  for (let index = 0; index < json.length; index++) {
    const byte = json[index]
    if (byte === quote) index = endOfText(json, index)
    else if (byte === openBracket || byte === openBrace) deepest = Math.max(deepest, ++depth)
    else if (byte === closeBracket || byte === closeBrace) depth--
  }
  return deepest
}

/** Where the quote is that closes the text which begins here; the end when there is none. */
function endOfText(json: Uint8Array, start: number): number {
  let index = start + 1
  while (index < json.length && json[index] !== quote) index += json[index] === backslash ? 2 : 1
  return index
}

const quote = 0x22
const backslash = 0x5c
const openBracket = 0x5b
const closeBracket = 0x5d
const openBrace = 0x7b
const closeBrace = 0x7d
