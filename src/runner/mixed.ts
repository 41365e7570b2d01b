import { ArchloomError } from '#src/errors.ts'

/**
 * Results of several environments differ by more than the method, so one run holds them only when a
 * person said so.
 *
 * @param hashes - fingerprint hashes, repeated or not
 * @throws confounded/fingerprints
 */
export function refuseMixed(hashes: readonly string[], allowMixed: boolean): void {
  const distinct = [...new Set(hashes)]
  if (allowMixed || distinct.length <= 1) return
  const names = distinct.map((hash) => hash.slice(0, 12)).join(' and ')
  throw new ArchloomError(
    'confounded/fingerprints',
    `One run would hold results of ${distinct.length} environments, ${names}; continue it where it began, or allow the mix with --allow-mixed, which the results will say`,
    { details: { fingerprints: distinct } },
  )
}
