import { chmod, mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { findCondaPrefix } from '#src/environment/conda.ts'
import { temporaryFolder } from '#test/fixtures/temporary-folder.ts'

/** As conda lays an environment out, as far as its records go. */
async function condaPrefix(folder: string): Promise<string> {
  await mkdir(join(folder, 'conda-meta'), { recursive: true })
  return folder
}

describe('a conda environment', () => {
  test('is found by its name where conda keeps environments', async () => {
    await using folder = await temporaryFolder()
    const root = await condaPrefix(join(folder.path, 'root'))
    const own = await condaPrefix(join(root, 'envs', 'vision'))
    const listed = await condaPrefix(join(folder.path, 'far', 'speech'))
    const home = join(folder.path, 'home')
    await mkdir(join(home, '.conda'), { recursive: true })
    await writeFile(join(home, '.conda', 'environments.txt'), `${root}\n${listed}\n`)
    const variables = { CONDA_EXE: join(root, 'bin', 'conda'), HOME: home, PATH: '' }
    expect(await findCondaPrefix('vision', variables)).toBe(own)
    expect(await findCondaPrefix('speech', variables)).toBe(listed)
    expect(await findCondaPrefix('base', variables)).toBe(root)
    const elsewhere = { HOME: home, PATH: '', CONDA_ENVS_PATH: join(root, 'envs') }
    expect(await findCondaPrefix('vision', elsewhere)).toBe(own)
  })

  test('is asked of conda itself where it lies in no usual place', async () => {
    await using folder = await temporaryFolder()
    const prefix = await condaPrefix(join(folder.path, 'strange', 'place', 'vision'))
    const conda = join(folder.path, 'conda')
    // Conda is not to be had here; this says what `conda info --json` says, as far as it is read.
    const said = JSON.stringify({ envs: [prefix], root_prefix: folder.path, conda_version: '25.1' })
    await writeFile(conda, `#!/bin/sh\n[ "$1 $2" = "info --json" ] && echo '${said}'\n`)
    await chmod(conda, 0o755)
    const variables = { HOME: folder.path, PATH: `${folder.path}:/usr/bin:/bin` }
    expect(await findCondaPrefix('vision', variables)).toBe(prefix)
    await expect(findCondaPrefix('visoin', variables)).rejects.toMatchObject({
      code: 'environment/invalid',
      message: expect.stringMatching(/no conda environment "visoin", there are vision; name one/),
    })
  })

  test('is said to be missing where there is no conda at all', async () => {
    await using folder = await temporaryFolder()
    const variables = { HOME: folder.path, PATH: folder.path }
    await expect(findCondaPrefix('vision', variables)).rejects.toThrow(/none was found at all/)
  })
})
