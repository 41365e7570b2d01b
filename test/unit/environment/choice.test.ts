import { describe, expect, test } from 'vitest'
import { choiceName, EnvironmentChoice, isPath, parseChoice } from '#src/environment/choice.ts'

describe('the choice of an environment', () => {
  test.each([
    ['cpu', 'cpu'],
    ['./.venv', './.venv'],
    ['venv:team', { venv: 'team' }],
    ['conda:vision', { conda: 'vision' }],
    ['conda:/somewhere/envs/vision', { conda: '/somewhere/envs/vision' }],
    [
      '["docker", "run", "-i", "image", "python"]',
      { command: ['docker', 'run', '-i', 'image', 'python'] },
    ],
  ])('is read from the command line: %s', (text, choice) => {
    expect(parseChoice(text)).toEqual(choice)
    expect(EnvironmentChoice.parse(choice)).toEqual(choice)
  })

  test.each(['["docker"', '[]', '[1]'])('refuses the command %s', (text) => {
    expect(() => parseChoice(text)).toThrow(/is no JSON list of texts; write it like/)
  })

  test.each([
    [{ venv: '' }],
    [{ venv: 'a', conda: 'b' }],
    [{ command: [] }],
    [{ folder: 'a' }],
    [3],
  ])('refuses %j in an experiment', (choice) => {
    expect(EnvironmentChoice.safeParse(choice).success).toBe(false)
  })

  test('has a short name for messages', () => {
    expect(choiceName({ venv: '.venv' })).toBe('.venv')
    expect(choiceName({ conda: 'vision' })).toBe('conda:vision')
    expect(choiceName({ command: ['env', 'python'] })).toBe('["env","python"]')
  })

  test.each([
    ['cpu', false],
    ['team/.venv', true],
    ['.venv', true],
    ['~', true],
  ])('takes %s for a path: %s', (text, path) => {
    expect(isPath(text)).toBe(path)
  })
})
