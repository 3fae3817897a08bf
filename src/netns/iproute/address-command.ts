import { formatIpv4, isLoopback } from '../../addr/index.js'
import type { NetDevice } from '../../netdev/index.js'
import type { Namespace } from '../namespace.js'
import { SCOPE } from '../route.js'
import { readScope } from './names.js'
import type { Prefix, Words } from './words.js'

interface AddressSpec {
  readonly address: Prefix
  readonly device: NetDevice
  readonly scope: number | null
}

/**
 * `ip addr add|replace|del ADDRESS[/PREFIX] dev DEVICE [scope S]`, `ip addr flush dev DEVICE`.
 * @throws InvalidInputError
 */
export function addressCommand(ns: Namespace, words: Words): void {
  const verb = words.takeIf('add', 'replace', 'change', 'del', 'delete', 'flush')
  if (verb === undefined)
    words.refuse(`"${words.take('command')}" is not a command of ip addr`, 'say add, del or flush')
  if (verb === 'flush') {
    flush(ns, words)
    return
  }
  const { address, device, scope } = readAddress(words)
  if (verb === 'del' || verb === 'delete') {
    if (!ns.removeAddress(device, address.address, address.prefix)) words.refuse('ipv4: Address not found')
    return
  }
  const known = ns.addresses.list(device).some((a) => a.address === address.address && a.prefix === address.prefix)
  if (known && verb === 'add') words.refuse('ipv4: Address already assigned', `${device.name} has it`)
  if (known) return
  ns.addAddress(device, address.address, address.prefix, {
    scope: scope ?? (isLoopback(address.address) ? SCOPE.host : SCOPE.universe),
  })
}

function readAddress(words: Words): AddressSpec {
  words.takeIf('local')
  const address = words.prefix('address')
  if (address.address === 0) words.note(`${formatIpv4(0)} cannot be an address of a device`)
  let device: NetDevice | null = null
  let scope: number | null = null
  let named = false
  while (words.peek() !== undefined) {
    if (words.takeIf('dev')) {
      device = words.device()
      named = true
    } else if (words.takeIf('scope')) scope = readScope(words)
    else if (words.takeIf('brd', 'broadcast', 'label')) words.take('value')
    else words.stray()
  }
  if (!named) words.note('device is missing', 'add dev DEVICE')
  words.check()
  return { address, device: device!, scope }
}

function flush(ns: Namespace, words: Words): void {
  if (words.takeIf('dev') === undefined) words.note('device is missing', 'add dev DEVICE')
  const device = words.device()
  while (words.peek() !== undefined) words.stray()
  words.check()
  for (const { address, prefix } of [...ns.addresses.list(device!)]) ns.removeAddress(device!, address, prefix)
}
