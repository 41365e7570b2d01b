import { pino } from 'pino'
import { curveKeyPair, Dealer } from 'zeromq'
import { memoryChannel } from '#src/transport/memory.ts'
import { logWire } from '#src/transport/wire-log.ts'
import { openIpcChannel, openTcpChannel } from '#src/transport/zeromq.ts'
import { type ChannelHarness, channelContract, type TestPeer } from './channel.contract.ts'

const server = curveKeyPair()
const client = curveKeyPair()

function dealerPeer(dealer: Dealer): TestPeer {
  return {
    send: (parts) => dealer.send([...parts]),
    receive: () => dealer.receive(),
    close: () => dealer.close(),
  }
}

channelContract('ZeroMQ on a Unix socket', {
  open: openIpcChannel,
  async connect({ endpoint }) {
    const dealer = new Dealer({ linger: 0 })
    dealer.connect(endpoint)
    return dealerPeer(dealer)
  },
})

channelContract('ZeroMQ on TCP with CURVE', {
  open: () => openTcpChannel('tcp://127.0.0.1:*', { server, clientPublicKeys: [client.publicKey] }),
  async connect({ endpoint }) {
    const dealer = new Dealer({
      linger: 0,
      curveServerKey: server.publicKey,
      curvePublicKey: client.publicKey,
      curveSecretKey: client.secretKey,
    })
    dealer.connect(endpoint)
    return dealerPeer(dealer)
  },
})

const memory = new WeakMap<object, ReturnType<typeof memoryChannel>>()
let peerCount = 0

const inMemory: ChannelHarness = {
  async open() {
    const channel = memoryChannel()
    memory.set(channel, channel)
    return channel
  },
  async connect(channel) {
    const peer = memory.get(channel)?.connect(`peer${peerCount++}`)
    if (peer === undefined) throw new Error('Not a channel in memory')
    const reader = peer.messages()[Symbol.asyncIterator]()
    return {
      send: async (parts) => peer.send(parts),
      async receive() {
        const { value, done } = await reader.next()
        if (done) throw new Error('The peer was closed')
        return value
      },
      close: () => peer.close(),
    }
  },
}

channelContract('in memory', inMemory)

channelContract('in memory, its wire logged', {
  ...inMemory,
  async open() {
    const channel = memoryChannel()
    const logged = logWire(channel, pino({ level: 'debug' }, { write() {} }))
    memory.set(logged, channel)
    return logged
  },
})
