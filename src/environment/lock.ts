/** Lock files, what is installed, and where the two differ. */
import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { ArchloomError } from '#src/errors.ts'
import type { PackageDrift } from '#src/protocol/fingerprint.ts'

/** Versions by normalized package name. */
export type Packages = ReadonlyMap<string, string>

const lockLine = /^([A-Za-z0-9][A-Za-z0-9._-]*)==([A-Za-z0-9][A-Za-z0-9.!+_-]*)$/
const distInfo = /^(.+?)-([^-]+)\.dist-info$/

/**
 * Reads a lock: one `package==version` a line, nothing else but empty lines.
 *
 * @param path - Only for messages.
 * @throws environment/invalid for any other line, a package named twice, or no package at all.
 */
export function parseLock(text: string, path: string): Packages {
  const packages = new Map<string, string>()
  for (const [index, raw] of text.split('\n').entries()) {
    const line = raw.trim()
    if (line === '') continue
    const [, name, version] = lockLine.exec(line) ?? []
    if (name === undefined || version === undefined) {
      throw new ArchloomError(
        'environment/invalid',
        `Line ${index + 1} of ${path} must be package==version, but is ${JSON.stringify(line)}; mend it, or write the lock anew with: archloom env lock`,
      )
    }
    const key = normalizeName(name)
    if (packages.has(key)) {
      throw new ArchloomError(
        'environment/invalid',
        `Line ${index + 1} of ${path} names ${key} a second time; keep one version of it`,
      )
    }
    packages.set(key, version)
  }
  if (packages.size === 0) {
    throw new ArchloomError('environment/invalid', `${path} names no package; restore the file`)
  }
  return packages
}

/** A lock's text: sorted by name, normalized, without local version parts. */
export function formatLock(packages: Packages): string {
  const lines = [...packages].map(
    ([name, version]) => `${normalizeName(name)}==${publicVersion(version)}`,
  )
  return `${lines.sort().join('\n')}\n`
}

/**
 * What is installed in a virtual environment, read from the names of its `dist-info` folders
 * without starting Python: about a millisecond.
 */
export async function installedPackages(environment: string): Promise<Packages> {
  const packages = new Map<string, string>()
  for (const folder of await sitePackages(environment)) {
    for (const entry of await readdir(folder)) {
      const [, name, version] = distInfo.exec(entry) ?? []
      if (name !== undefined && version !== undefined) packages.set(normalizeName(name), version)
    }
  }
  return packages
}

/**
 * Where an environment differs from its lock: packages that are missing or have another version,
 * local version parts ignored. Packages that the lock does not name are no drift.
 */
export function findDrift(locked: Packages, installed: Packages): PackageDrift[] {
  const drift: PackageDrift[] = []
  for (const [name, version] of locked) {
    const found = installed.get(name)
    if (found === undefined || publicVersion(found) !== publicVersion(version)) {
      drift.push({ package: name, locked: version, installed: found ?? null })
    }
  }
  return drift
}

/** A list for messages: `numpy (locked 2.4.6, installed 2.4.5), pyzmq (locked 27.3.0, missing)`. */
export function describeDrift(drift: readonly PackageDrift[]): string {
  return drift
    .map(
      ({ package: name, locked, installed }) =>
        `${name} (locked ${locked ?? 'nowhere'}, ${installed === null ? 'missing' : `installed ${installed}`})`,
    )
    .join(', ')
}

/** A package name as it is compared. @see PEP 503, "Normalized Names". */
export function normalizeName(name: string): string {
  return name.replace(/[-_.]+/g, '-').toLowerCase()
}

/** @see PEP 440, "Local version identifiers". */
function publicVersion(version: string): string {
  return version.split('+', 1)[0] ?? version
}

async function sitePackages(environment: string): Promise<string[]> {
  const library = join(environment, 'lib')
  const entries = await readdir(library).catch(() => [])
  return entries
    .filter((entry) => /^python3\.\d+$/.test(entry))
    .map((entry) => join(library, entry, 'site-packages'))
}
