import { existsSync, mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterEach, describe, expect, test } from 'vitest'
import { curveKeyPair, Dealer } from 'zeromq'
import { decodeCurveKey, makeCurveKeys } from '#src/transport/curve.ts'
import { makeIpcFolder } from '#src/transport/ipc-folder.ts'
import { openIpcChannel, openTcpChannel } from '#src/transport/zeromq.ts'

const cleanups: (() => void)[] = []
afterEach(() => {
  for (const cleanup of cleanups.splice(0)) cleanup()
})

describe('a Unix socket', () => {
  test('stands in a folder that only its owner may enter, and leaves nothing behind', async () => {
    const channel = await openIpcChannel()
    const folder = dirname(channel.endpoint.slice('ipc://'.length))
    expect(statSync(folder).mode & 0o777).toBe(0o700)
    expect(readdirSync(folder)).toEqual(['s'])
    await channel[Symbol.asyncDispose]()
    expect(existsSync(folder)).toBe(false)
  })

  test('stands at a short path even where temporary files have a long one', async () => {
    const parent = mkdtempSync(join(tmpdir(), 'x'.repeat(100)))
    cleanups.push(() => rmSync(parent, { recursive: true }))
    await using folder = await makeIpcFolder(parent)
    expect(folder.socketPath.length).toBeLessThan(104)
  })

  test('left by a killed process goes when the next one is made; a live one stays', async () => {
    const parent = mkdtempSync(join(tmpdir(), 'archloom-test-'))
    cleanups.push(() => rmSync(parent, { recursive: true }))
    await using dead = await makeIpcFolder(parent)
    await using live = await makeIpcFolder(parent)
    await using unborn = await makeIpcFolder(parent)
    await listenOn(live.socketPath)
    await leaveSocketAt(dead.socketPath)
    await using next = await makeIpcFolder(parent)
    const there = [dead, live, unborn, next].map(({ socketPath }) =>
      existsSync(dirname(socketPath)),
    )
    expect(there).toEqual([false, true, true, true])
  })
})

describe('TCP', () => {
  test('is refused without keys', async () => {
    await expect(openTcpChannel('tcp://127.0.0.1:*', undefined)).rejects.toMatchObject({
      code: 'config/invalid',
      message: expect.stringContaining('needs CURVE keys'),
    })
  })

  test.each(['ipc:///somewhere', 'tcp://127.0.0.1', '127.0.0.1:7001', 'tcp://:x'])(
    'is the only kind of endpoint for other machines: not %s',
    async (endpoint) => {
      const curve = { server: curveKeyPair(), clientPublicKeys: [] }
      await expect(openTcpChannel(endpoint, curve)).rejects.toMatchObject({
        code: 'config/invalid',
      })
    },
  )

  test('says which endpoint is taken', async () => {
    const curve = { server: curveKeyPair(), clientPublicKeys: [] }
    await using taken = await openTcpChannel('tcp://127.0.0.1:*', curve)
    await expect(openTcpChannel(taken.endpoint, curve)).rejects.toMatchObject({
      code: 'environment/invalid',
      message: expect.stringContaining(taken.endpoint),
    })
  })

  test('hears only peers whose key is listed, and none without encryption', async () => {
    const [server, known, unknown] = [curveKeyPair(), curveKeyPair(), curveKeyPair()]
    const curve = { server, clientPublicKeys: [known.publicKey] }
    await using channel = await openTcpChannel('tcp://127.0.0.1:*', curve)
    const keysOf = (pair: typeof known) => ({
      curveServerKey: server.publicKey,
      curvePublicKey: pair.publicKey,
      curveSecretKey: pair.secretKey,
    })
    const peers = [{}, keysOf(unknown), keysOf(known)].map((keys, index) => {
      const dealer = new Dealer({ linger: 0, ...keys })
      cleanups.push(() => dealer.close())
      dealer.connect(channel.endpoint)
      return dealer.send([`peer ${index}`])
    })
    await Promise.all(peers)
    for await (const { parts } of channel.messages()) {
      expect(Buffer.from(parts[0] ?? []).toString()).toBe('peer 2')
      break
    }
  })

  test('does not open with a list of broken keys', async () => {
    const curve = { server: curveKeyPair(), clientPublicKeys: ['too short'] }
    await expect(openTcpChannel('tcp://127.0.0.1:*', curve)).rejects.toMatchObject({
      code: 'config/invalid',
    })
  })
})

describe('CURVE keys', () => {
  test('decode as RFC 32 has it', () => {
    // The test key of the RFC for CURVE, in Z85 and in hexadecimal.
    const key = 'JTKVSB%%)wK0E.X)V>+}o?pNmC{O&4W4b!Ni{Lh6'
    expect(Buffer.from(decodeCurveKey(key)).toString('hex')).toBe(
      '8e0bdd697628b91d8f245587ee95c5b04d48963f79259877b49cd9063aead3b7',
    )
  })

  test.each(['', 'JTKVSB', `${'0'.repeat(39)}"`, '#'.repeat(40)])('are not %j', (key) => {
    expect(() => decodeCurveKey(key)).toThrow(/CURVE key must be/)
  })

  test('are made anew each time', async () => {
    const [one, other] = [await makeCurveKeys(), await makeCurveKeys()]
    expect(one.publicKey).toHaveLength(40)
    expect(one.secretKey).not.toBe(other.secretKey)
  })
})

async function listenOn(path: string): Promise<ReturnType<typeof createServer>> {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(path, resolve))
  cleanups.push(() => server.close())
  return server
}

/** A socket file that nobody listens on, as SIGKILL leaves it. */
async function leaveSocketAt(path: string): Promise<void> {
  const { spawn } = await import('node:child_process')
  const script = `require('net').createServer().listen(${JSON.stringify(path)}, () => process.kill(process.pid, 'SIGKILL'))`
  const child = spawn(process.execPath, ['-e', script])
  await new Promise((resolve) => child.once('exit', resolve))
  expect(statSync(path).isSocket()).toBe(true)
}
