import { stringify } from 'yaml'

/** A value as YAML on one line. */
export function yamlLine(value: unknown): string {
  const written = stringify(value, {
    collectionStyle: 'flow',
    lineWidth: 0,
    aliasDuplicateObjects: false,
  })
  return written.trimEnd()
}
