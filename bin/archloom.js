#!/usr/bin/env node
/**
 * Starts archloom on the Node that it is pinned to, from whatever Node 20 or newer started this
 * file. Plain JavaScript: in the checkout it leads to src/main.ts, in the package to dist/main.js.
 */
import { spawn } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { constants } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const minimumNode = 24
const source = new URL('../src/main.ts', import.meta.url)
const main = existsSync(source) ? source : new URL('../dist/main.js', import.meta.url)
const pinned = findPinnedNode()

if (pinned === null) {
  if (Number(process.versions.node.split('.')[0]) >= minimumNode) await import(main.href)
  else fail()
} else if (process.version === pinned.version) {
  await import(main.href)
} else {
  handOver(pinned.path)
}

function findPinnedNode() {
  try {
    const manifest = createRequire(import.meta.url).resolve('node/package.json')
    const path = join(dirname(manifest), 'bin', 'node')
    const { version } = JSON.parse(readFileSync(manifest, 'utf8'))
    return existsSync(path) ? { path, version: `v${version}` } : null
  } catch {
    return null
  }
}

function handOver(node) {
  const args = [fileURLToPath(main), ...process.argv.slice(2)]
  const child = spawn(node, args, { stdio: 'inherit' })
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) {
    process.on(signal, () => {
      // A terminal sends Ctrl-C to both processes; a second one would mean: end at once.
      if (signal !== 'SIGINT' || !process.stdin.isTTY) child.kill(signal)
    })
  }
  child.on('error', fail)
  child.on('close', (status, signal) => {
    process.exitCode = status ?? 128 + (constants.signals[signal] ?? 0)
  })
}

function fail() {
  console.error(
    `archloom: Node ${minimumNode} is needed, but this is ${process.version} and the pinned Node is not ` +
      'installed; in a checkout run npm start, elsewhere use Node 24, or let npm run the install ' +
      'script of the package node (npm install-scripts approve node, then npm rebuild node)',
  )
  process.exitCode = 3
}
