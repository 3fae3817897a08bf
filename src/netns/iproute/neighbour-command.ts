import type { Ipv4, Mac } from '../../addr/index.js'
import type { NetDevice } from '../../netdev/index.js'
import type { Namespace } from '../namespace.js'
import type { NudState } from '../neighbour.js'
import type { Words } from './words.js'

/** States that can be asked for (`nud …`), and what is modelled of each. */
const STATES: ReadonlyMap<string, NudState> = new Map<string, NudState>([
  ['permanent', 'PERMANENT'],
  ['reachable', 'REACHABLE'],
  ['stale', 'STALE'],
  ['delay', 'STALE'],
  ['probe', 'STALE'],
  ['noarp', 'NOARP'],
  ['incomplete', 'INCOMPLETE'],
  ['failed', 'FAILED'],
])

interface NeighbourSpec {
  readonly address: Ipv4
  readonly device: NetDevice
  readonly mac: Mac | null
  readonly state: NudState
}

/**
 * `ip neigh add|replace|change|del ADDRESS [lladdr MAC] dev DEVICE [nud STATE]`, `ip neigh flush dev DEVICE`.
 * @throws InvalidInputError
 */
export function neighbourCommand(ns: Namespace, words: Words): void {
  const verb = words.takeIf('add', 'replace', 'change', 'del', 'delete', 'flush')
  if (verb === undefined)
    words.refuse(`"${words.take('command')}" is not a command of ip neigh`, 'say add, replace, del or flush')
  if (verb === 'flush') {
    flush(ns, words)
    return
  }
  const spec = readNeighbour(words)
  const known = ns.neighbours.lookup(spec.device, spec.address)
  if (verb === 'del' || verb === 'delete') {
    if (!ns.neighbours.remove(spec.device, spec.address)) words.refuse('No such file or directory')
    return
  }
  if (verb === 'add' && known !== undefined) words.refuse('File exists', 'use replace')
  if (verb === 'change' && known === undefined) words.refuse('No such file or directory', 'use replace')
  put(ns, words, spec)
}

function readNeighbour(words: Words): NeighbourSpec {
  words.takeIf('to')
  const address = words.address('address')
  let device: NetDevice | null = null
  let mac: Mac | null = null
  let state: NudState = 'PERMANENT'
  let named = false
  while (words.peek() !== undefined) {
    if (words.takeIf('dev')) {
      device = words.device()
      named = true
    } else if (words.takeIf('lladdr')) mac = words.mac()
    else if (words.takeIf('nud')) state = readState(words)
    else words.stray()
  }
  if (!named) words.note('device is missing', 'add dev DEVICE')
  words.check()
  return { address, device: device!, mac, state }
}

function readState(words: Words): NudState {
  const word = words.take('state')
  const state = STATES.get(word)
  if (state === undefined && word !== '')
    words.note(`"${word}" is not a neighbour state`, `say one of ${[...STATES.keys()].join(', ')}`)
  return state ?? 'PERMANENT'
}

/** neigh_add with NEIGH_UPDATE_F_ADMIN */
function put(ns: Namespace, words: Words, spec: NeighbourSpec): void {
  const { device, address, mac, state } = spec
  const isValid = state !== 'FAILED' && state !== 'INCOMPLETE'
  const entry = ns.neighbours.lookup(device, address)
  if (isValid) {
    const known = mac ?? entry?.mac ?? null
    if (known === null) words.refuse('Invalid argument', 'name its MAC address: lladdr …')
    ns.neighbours.setPermanent(device, address, known).state = state
    return
  }
  const made = ns.neighbours.ensure(device, address)
  made.state = state
  made.probes = 0
}

function flush(ns: Namespace, words: Words): void {
  if (words.takeIf('dev') === undefined) words.note('device is missing', 'add dev DEVICE')
  const device = words.device()
  while (words.peek() !== undefined) words.stray()
  words.check()
  ns.neighbours.flush(device!)
}
