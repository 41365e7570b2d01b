/**
 * Writes the JSON Schemas that people's editors and programs use: of an experiment document, of a
 * study document and of a run's result.json. `npm run schema` writes; a test calls `generateSchemas` and compares.
 */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { z } from 'zod'
import { ExperimentDocument } from '#src/config/schema.ts'
import { projectFolder } from '#src/environment/folders.ts'
import { evaluatorCatalog } from '#src/evaluator/catalog.ts'
import { optimizerCatalog } from '#src/optimizer/catalog.ts'
import { RunResult } from '#src/runner/result.ts'
import { spaceCatalog } from '#src/space/catalog.ts'
import { StudyDocument } from '#src/study/document.ts'
import type { GeneratedFile } from './generate-protocol.ts'

interface Entry {
  readonly name: string
  readonly summary: string
  readonly settings: z.ZodType
}

type JsonSchema = z.core.JSONSchema.BaseSchema

export function generateSchemas(): GeneratedFile[] {
  return [
    file('experiment', 'An archloom experiment', experimentSchema()),
    file('result', 'The result of an archloom run', schemaOf(RunResult, 'output')),
    // Settings of methods and benchmarks stand beside their names; the experiment's schema has them.
    file('study', 'An archloom study', schemaOf(StudyDocument, 'input')),
  ]
}

/** The document's schema, with the settings of the catalogs' entries beside their names. */
function experimentSchema(): JsonSchema {
  const schema = schemaOf(ExperimentDocument, 'input')
  const choices = {
    space: choiceOf(spaceCatalog),
    optimizer: choiceOf(optimizerCatalog),
    evaluator: choiceOf(evaluatorCatalog),
  }
  const definitions = Object.values(choices).map(({ $defs }) => $defs)
  return {
    ...schema,
    properties: {
      ...schema.properties,
      ...Object.fromEntries(
        Object.entries(choices).map(([key, { $defs: _, ...choice }]) => [key, choice]),
      ),
    },
    $defs: Object.assign({}, schema.$defs, ...definitions),
  }
}

/** One of the entries; what their schemas refer to by name is its own, under `$defs`. */
function choiceOf(entries: readonly Entry[]): JsonSchema {
  const $defs: Record<string, JsonSchema> = {}
  return {
    $defs,
    oneOf: entries.map(({ name, summary, settings }) => {
      const { $defs: own, ...schema } = namedApart(schemaOf(settings, 'input'), name)
      Object.assign($defs, own)
      return {
        ...schema,
        description: summary,
        properties: { name: { const: name }, ...schema.properties },
        required: ['name', ...(schema.required ?? [])],
      }
    }),
  }
}

/** Definitions get the entry's name in front, since all entries share one list of them. */
function namedApart(schema: JsonSchema, entry: string): JsonSchema {
  if (schema.$defs === undefined) return schema
  const text = JSON.stringify(schema).replaceAll('#/$defs/', `#/$defs/${entry}.`)
  const apart: JsonSchema = JSON.parse(text)
  const named = Object.entries(apart.$defs ?? {}).map(([name, own]) => [`${entry}.${name}`, own])
  return { ...apart, $defs: Object.fromEntries(named) }
}

function schemaOf(schema: z.ZodType, io: 'input' | 'output'): JsonSchema {
  const { $schema: _, ...rest } = z.toJSONSchema(schema, { io })
  return rest
}

function file(name: string, title: string, schema: JsonSchema): GeneratedFile {
  const document = { $schema: 'https://json-schema.org/draft/2020-12/schema', title, ...schema }
  return {
    path: `configs/schema/${name}.schema.json`,
    text: `${JSON.stringify(document, null, 2)}\n`,
  }
}

if (import.meta.main) {
  for (const { path, text } of generateSchemas()) writeFileSync(join(projectFolder(), path), text)
}
