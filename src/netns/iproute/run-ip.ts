import type { Namespace } from '../namespace.js'
import { addressCommand } from './address-command.js'
import { neighbourCommand } from './neighbour-command.js'
import { routeCommand } from './route-command.js'
import { ruleCommand } from './rule-command.js'
import { Words } from './words.js'

/**
 * Runs one command of iproute2 in a namespace, without the `ip` in front: `route add 10.0.0.0/8 via 10.1.1.1`,
 * `addr add 10.1.1.2/24 dev eth0`, `neigh replace …`, `rule add …`. What the kernel refuses is refused in the words of
 * iproute2 ("Nexthop has invalid gateway"), and nothing changes.
 * @throws InvalidInputError with every problem of the command
 */
export function runIp(ns: Namespace, command: string): void {
  const words = new Words(ns, command.trim().split(/\s+/))
  switch (words.peek()) {
    case 'route':
    case 'r':
      words.take('object')
      routeCommand(ns, words)
      return
    case 'address':
    case 'addr':
    case 'a':
      words.take('object')
      addressCommand(ns, words)
      return
    case 'neighbour':
    case 'neighbor':
    case 'neigh':
    case 'n':
      words.take('object')
      neighbourCommand(ns, words)
      return
    case 'rule':
      words.take('object')
      ruleCommand(ns, words)
      return
    default:
      words.refuse(`object "${words.take('object')}" is unknown`, 'say route, addr, neigh or rule')
  }
}
