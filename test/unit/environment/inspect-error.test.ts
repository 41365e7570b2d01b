import { describe, expect, it } from 'vitest'
import { placeIn } from '#src/environment/inspect-error.ts'

const crash = `something printed
Fatal Python error: Segmentation fault

Current thread 0x00007f (most recent call first):
  File "/usr/lib/python3.11/ctypes/__init__.py", line 519 in string_at
  File "/srv/team/models/loss.py", line 12 in fast_loss
  File "/srv/team/training.py", line 3 in <module>
  File "<frozen importlib._bootstrap>", line 241 in _call_with_frames_removed
`

const hang = `Timeout (0:00:02)!
Thread 0x00007f (most recent call first):
  File "/elsewhere/waiting.py", line 4 in <module>
  File "<frozen importlib._bootstrap>", line 241 in _call_with_frames_removed
`

describe('placeIn', () => {
  it('is the innermost line in the folders of the user', () => {
    expect(placeIn(crash, { pythonPath: ['/srv/team'] })).toEqual({
      file: '/srv/team/models/loss.py',
      line: 12,
    })
  })

  it('is the innermost line of all where none lies there', () => {
    expect(placeIn(hang, { pythonPath: ['/srv/team'] })).toMatchObject({ line: 4 })
  })

  it('is never one of those that have no file', () => {
    const pythonPath = [process.cwd()]
    expect(placeIn(crash, { pythonPath })).toMatchObject({ line: 519 })
    expect(placeIn('Timeout (0)!\n  File "<string>", line 1 in f', { pythonPath })).toEqual({})
  })

  it('is nowhere without a traceback', () => {
    expect(placeIn('  File "/srv/team/a.py", line 3 in f', { pythonPath: ['/srv/team'] })).toEqual(
      {},
    )
  })
})
