/** The standard normal distribution, and what is left of it between two ends. */

const { exp, log, log1p, expm1, sqrt, abs, trunc } = Math

const logSqrtTwoPi = 0.9189385332046728
const sqrtHalf = Math.SQRT1_2
const inverseSqrtPi = 0.5641895835477563

/** Density at x. */
export function normalPdf(x: number): number {
  return exp(normalLogPdf(x))
}

/** Logarithm of the density at x. */
export function normalLogPdf(x: number): number {
  return -0.5 * x * x - logSqrtTwoPi
}

/** P(X <= x), to about 1e-15 (1 + x^2 / 20) of its value as long as that is a normal double (x > -37.5). */
export function normalCdf(x: number): number {
  return 0.5 * erfc(-x * sqrtHalf)
}

/** P(X > x), as exact in the upper tail as the distribution function is in the lower. */
export function normalTail(x: number): number {
  return normalCdf(-x)
}

/** Logarithm of P(X <= x), to about 1e-15 of its value, however far out in the lower tail. */
export function normalLogCdf(x: number): number {
  const y = x * sqrtHalf
  if (y > -smallLimit) return log1p(-0.5 * erfc(y))
  return log(0.5 * erfcScaled(-y)) - y * y
}

/**
 * The x with P(X <= x) = share, to about 1e-15 of its value.
 *
 * @param share - 0 gives minus infinity, 1 gives infinity; NaN outside [0, 1]
 * @see Wichura 1988, "Algorithm AS 241: The Percentage Points of the Normal Distribution", PPND16.
 */
export function normalQuantile(share: number): number {
  if (!(share >= 0 && share <= 1)) return NaN
  const offset = share - 0.5
  if (abs(offset) <= 0.425) {
    const squared = 0.180625 - offset * offset
    return offset * ratio(centralOver, centralUnder, squared)
  }
  const tail = offset < 0 ? share : 1 - share
  if (tail === 0) return offset < 0 ? -Infinity : Infinity
  const depth = sqrt(-log(tail))
  const size =
    depth <= 5 ? ratio(middleOver, middleUnder, depth - 1.6) : ratio(farOver, farUnder, depth - 5)
  return offset < 0 ? -size : size
}

/**
 * Logarithm of P(from <= X <= to), exact in either tail and for a short interval.
 *
 * @param to - not below `from`; equal ends give minus infinity
 */
export function normalLogMass(from: number, to: number): number {
  if (from > 0) return normalLogMass(-to, -from)
  const width = to - from
  const middle = from + width / 2
  if (width * (1 + abs(middle)) < shortInterval) {
    // The midpoint rule with its first correction; a difference of two shares would lose digits.
    return normalLogPdf(middle) + log(width * (1 + (width * width * (middle * middle - 1)) / 24))
  }
  if (to > 0) {
    // Either side of the middle: what is cut off cannot cancel.
    const outside = normalCdf(from) + normalCdf(-to)
    return outside < 0.5 ? log1p(-outside) : log(normalCdf(to) - normalCdf(from))
  }
  const whole = normalLogCdf(to)
  return whole + log(-expm1(normalLogCdf(from) - whole))
}

/**
 * The quantile of the standard normal distribution cut off at two ends: uniform shares give draws.
 *
 * @param share - from 0, which gives `from`, to 1, which gives `to`
 */
export function truncatedNormalQuantile(share: number, from: number, to: number): number {
  // The upper tail has no shares as fine as the lower one's: it is looked at from the other side.
  if (from > 0) return -truncatedNormalQuantile(1 - share, -to, -from)
  const low = normalCdf(from)
  const high = normalCdf(to)
  if (high < tiniestMass) return from + share * (to - from)
  const x = normalQuantile(low + share * (high - low))
  return Math.min(Math.max(x, from), to)
}

/** Width, in units of the density's scale, whose fourth power is lost in a double. */
const shortInterval = 1e-4

/** Below it, doubles are too coarse to tell places in the tail apart. */
const tiniestMass = 1e-290

/**
 * Complementary error function.
 *
 * @see Cody 1969, "Rational Chebyshev Approximation for the Error Function"; the coefficients are
 *   those of netlib specfun `erf`.
 */
function erfc(x: number): number {
  const y = abs(x)
  if (y <= smallLimit) return 1 - x * smallErf(x * x)
  // exp(-y^2) in two factors, so that the rounding of y^2 does not grow with y.
  const coarse = trunc(y * 16) / 16
  const rest = (y - coarse) * (y + coarse)
  const upper = y > 27 ? 0 : exp(-coarse * coarse) * exp(-rest) * erfcScaled(y)
  return x < 0 ? 2 - upper : upper
}

const smallLimit = 0.46875

/** erf(x) / x for x^2 up to `smallLimit` squared. */
function smallErf(squared: number): number {
  let over = smallOver[4] * squared
  let under = squared
  for (let i = 0; i < 3; i++) {
    over = (over + (smallOver[i] as number)) * squared
    under = (under + (smallUnder[i] as number)) * squared
  }
  return (over + smallOver[3]) / (under + smallUnder[3])
}

/** exp(y^2) erfc(y) for y above `smallLimit`. */
function erfcScaled(y: number): number {
  if (y <= 4) {
    let over = mediumOver[8] * y
    let under = y
    for (let i = 0; i < 7; i++) {
      over = (over + (mediumOver[i] as number)) * y
      under = (under + (mediumUnder[i] as number)) * y
    }
    return (over + mediumOver[7]) / (under + mediumUnder[7])
  }
  const inverse = 1 / (y * y)
  let over = largeOver[5] * inverse
  let under = inverse
  for (let i = 0; i < 4; i++) {
    over = (over + (largeOver[i] as number)) * inverse
    under = (under + (largeUnder[i] as number)) * inverse
  }
  return (inverseSqrtPi - (inverse * (over + largeOver[4])) / (under + largeUnder[4])) / y
}

/** The quotient of two polynomials, coefficients by rising power. */
function ratio(over: readonly number[], under: readonly number[], x: number): number {
  return polynomial(over, x) / polynomial(under, x)
}

function polynomial(coefficients: readonly number[], x: number): number {
  let sum = 0
  for (let i = coefficients.length - 1; i >= 0; i--) sum = sum * x + (coefficients[i] as number)
  return sum
}

const smallOver = [
  3.1611237438705655, 113.86415415105016, 377.485237685302, 3209.3775891384694, 0.18577770618460315,
] as const
const smallUnder = [
  23.601290952344122, 244.02463793444417, 1282.6165260773723, 2844.236833439171,
] as const
const mediumOver = [
  0.5641884969886701, 8.883149794388377, 66.11919063714163, 298.6351381974001, 881.952221241769,
  1712.0476126340707, 2051.0783778260716, 1230.3393547979972, 2.1531153547440383e-8,
] as const
const mediumUnder = [
  15.744926110709835, 117.6939508913125, 537.1811018620099, 1621.3895745666903, 3290.7992357334597,
  4362.619090143247, 3439.3676741437216, 1230.3393548037495,
] as const
const largeOver = [
  0.30532663496123236, 0.36034489994980445, 0.12578172611122926, 0.016083785148742275,
  0.0006587491615298378, 0.016315387137302097,
] as const
const largeUnder = [
  2.568520192289822, 1.8729528499234673, 0.5279051029514285, 0.06051834131244132,
  0.0023352049762686918,
] as const
const centralOver = [
  3.3871328727963665, 133.14166789178438, 1971.5909503065513, 13731.69376550946, 45921.95393154987,
  67265.7709270087, 33430.57558358813, 2509.0809287301227,
]
const centralUnder = [
  1, 42.31333070160091, 687.1870074920579, 5394.196021424751, 21213.794301586597, 39307.89580009271,
  28729.085735721943, 5226.495278852854,
]
const middleOver = [
  1.4234371107496835, 4.630337846156546, 5.769497221460691, 3.6478483247632045, 1.2704582524523684,
  0.2417807251774506, 0.022723844989269184, 0.0007745450142783414,
]
const middleUnder = [
  1, 2.053191626637759, 1.6763848301838038, 0.6897673349851, 0.14810397642748008,
  0.015198666563616457, 0.0005475938084995345, 1.0507500716444169e-9,
]
const farOver = [
  6.657904643501103, 5.463784911164114, 1.7848265399172913, 0.29656057182850487,
  0.026532189526576124, 0.0012426609473880784, 0.000027115555687434876, 2.0103343992922881e-7,
]
const farUnder = [
  1, 0.599832206555888, 0.1369298809227358, 0.014875361290850615, 0.0007868691311456133,
  0.000018463183175100548, 1.421511758316446e-7, 2.0442631033899397e-15,
]
