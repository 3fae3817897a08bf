import type { InputIssue } from '../base/index.js'
import type { Hook } from '../trace/index.js'
import { isBuiltinChain } from './builtin-chains.js'
import { issueAt, type LineRef, refuse, RuleFault } from './fault.js'
import { printRule } from './print.js'
import type { ChainEntry, TableEntries } from './tables.js'
import type { Match, Rule, TableName, Target } from './types.js'

/** Which sets exist. */
export interface SetNames {
  has(name: string): boolean
}

/** What a rule may ask about the table it stands in. */
interface Place {
  readonly table: TableName
  /** Hooks from which the chain is reached (the kernel's comefrom). */
  readonly hooks: ReadonlySet<Hook>
  readonly sets: SetNames | null
}

/**
 * What the kernel checks when a table is committed: that every chain jumped to exists, that no chain reaches
 * itself (mark_source_chains), and what each match and target demands of table, hook and protocol (checkentry).
 */
export function checkTable(
  table: TableEntries,
  places: ReadonlyMap<Rule, LineRef>,
  sets: SetNames | null,
): InputIssue[] {
  const issues: InputIssue[] = []
  const hooks = reachedFrom(table)
  for (const chain of table.chains.values()) {
    const place: Place = { table: table.name, hooks: hooks.get(chain.name)!, sets }
    for (const { rule } of chain.rules) {
      const fault = faultOf(() => checkRule(rule, place, table))
      if (fault === null) continue
      const at = places.get(rule) ?? null
      const which = at === null ? `${printRule(chain.name, rule)}: ` : ''
      issues.push(issueAt(at, 1, which + fault.message, fault.fix))
    }
  }
  issues.push(...loops(table, places))
  return issues
}

function faultOf(check: () => void): RuleFault | null {
  try {
    check()
    return null
  } catch (fault) {
    if (fault instanceof RuleFault) return fault
    throw fault
  }
}

function nextChains(chain: ChainEntry): string[] {
  return chain.rules.flatMap(({ rule }) => {
    const target = rule.target
    return target !== null && (target.kind === 'jump' || target.kind === 'goto') ? [target.chain] : []
  })
}

/** For every chain the hooks whose built-in chain leads to it. */
function reachedFrom(table: TableEntries): Map<string, Set<Hook>> {
  const hooks = new Map([...table.chains.keys()].map((name): [string, Set<Hook>] => [name, new Set()]))
  for (const start of table.chains.keys()) {
    if (!isBuiltinChain(table.name, start)) continue
    const open = [start as string]
    for (let name = open.pop(); name !== undefined; name = open.pop()) {
      const reached = hooks.get(name)
      if (reached === undefined || reached.has(start)) continue
      reached.add(start)
      open.push(...nextChains(table.chains.get(name)!))
    }
  }
  return hooks
}

/** Chains that come back to themselves, if a built-in chain leads there. */
function loops(table: TableEntries, places: ReadonlyMap<Rule, LineRef>): InputIssue[] {
  const done = new Set<string>()
  const path: string[] = []
  const issues: InputIssue[] = []
  const visit = (name: string): void => {
    const chain = table.chains.get(name)
    if (chain === undefined || done.has(name)) return
    path.push(name)
    for (const { rule } of chain.rules) {
      const target = rule.target
      if (target === null || (target.kind !== 'jump' && target.kind !== 'goto')) continue
      if (isBuiltinChain(table.name, target.chain)) continue
      const back = path.indexOf(target.chain)
      if (back < 0) {
        visit(target.chain)
        continue
      }
      const circle = [...path.slice(back), target.chain].join(' -> ')
      issues.push(issueAt(places.get(rule) ?? null, 1, `chains of table ${table.name} go in a circle: ${circle}`))
    }
    path.pop()
    done.add(name)
  }
  for (const name of table.chains.keys()) if (isBuiltinChain(table.name, name)) visit(name)
  return issues
}

function checkRule(rule: Rule, place: Place, table: TableEntries): void {
  for (const match of rule.matches) checkMatch(match, rule, place)
  if (rule.target !== null) checkTarget(rule.target, rule, place, table)
}

const PROTOCOLS: Readonly<Record<string, number>> = { icmp: 1, tcp: 6, udp: 17, sctp: 132 }

function needProtocol(rule: Rule, name: string, what: string): void {
  if (rule.protocol === null || rule.protocol.invert || rule.protocol.protocol !== PROTOCOLS[name]) {
    refuse(`${what} needs -p ${name}`, `add -p ${name} to the rule`)
  }
}

function onlyAt(place: Place, what: string, allowed: readonly Hook[]): void {
  const wrong = [...place.hooks].filter((hook) => !allowed.includes(hook))
  if (wrong.length > 0) refuse(`${what} cannot be used in ${wrong.join(', ')}`, `only in ${allowed.join(', ')}`)
}

function onlyIn(place: Place, what: string, table: TableName): void {
  if (place.table !== table) refuse(`${what} cannot be used in table ${place.table}`, `only in table ${table}`)
}

function checkMatch(match: Match, rule: Rule, place: Place): void {
  switch (match.kind) {
    case 'tcp':
    case 'udp':
    case 'sctp':
    case 'icmp':
      needProtocol(rule, match.kind, `match ${match.kind}`)
      return
    case 'mac':
      onlyAt(place, 'match mac', ['PREROUTING', 'INPUT', 'FORWARD'])
      return
    case 'owner':
      onlyAt(place, 'match owner', ['OUTPUT', 'POSTROUTING'])
      return
    case 'addrtype':
      if (match.limitIn) onlyAt(place, '--limit-iface-in', ['PREROUTING', 'INPUT', 'FORWARD'])
      if (match.limitOut) onlyAt(place, '--limit-iface-out', ['FORWARD', 'OUTPUT', 'POSTROUTING'])
      return
    case 'physdev':
      if ((match.out !== null || match.isOut !== null) && match.isBridged !== true && place.hooks.has('OUTPUT')) {
        refuse('--physdev-out and --physdev-is-out cannot be used in OUTPUT', 'only for bridged packets, in FORWARD')
      }
      return
    case 'set':
      needSet(place, match.set)
      return
    default:
  }
}

function needSet(place: Place, name: string): void {
  if (place.sets !== null && !place.sets.has(name)) refuse(`set ${name} does not exist`, 'create it with ipset before')
}

function checkTarget(target: Target, rule: Rule, place: Place, table: TableEntries): void {
  switch (target.kind) {
    case 'jump':
    case 'goto':
      checkJump(target.chain, target.kind, table)
      return
    case 'REJECT':
      onlyIn(place, 'REJECT', 'filter')
      if (target.with === 'tcp-reset') needProtocol(rule, 'tcp', 'REJECT --reject-with tcp-reset')
      return
    case 'DNAT':
    case 'REDIRECT':
      onlyIn(place, target.kind, 'nat')
      onlyAt(place, target.kind, ['PREROUTING', 'OUTPUT'])
      return
    case 'SNAT':
      onlyIn(place, 'SNAT', 'nat')
      onlyAt(place, 'SNAT', ['POSTROUTING', 'INPUT'])
      return
    case 'MASQUERADE':
      onlyIn(place, 'MASQUERADE', 'nat')
      onlyAt(place, 'MASQUERADE', ['POSTROUTING'])
      return
    case 'NETMAP':
      onlyIn(place, 'NETMAP', 'nat')
      return
    case 'NOTRACK':
    case 'CT':
    case 'TRACE':
      onlyIn(place, target.kind, 'raw')
      return
    case 'CHECKSUM':
      onlyIn(place, 'CHECKSUM', 'mangle')
      return
    case 'TCPMSS':
      checkTcpMss(target.mss, rule, place)
      return
    case 'SET':
      for (const reference of [target.add, target.del, target.map])
        if (reference !== null) needSet(place, reference.set)
      if (target.map !== null) onlyIn(place, 'SET --map-set', 'mangle')
      if (target.mapPrio || target.mapQueue) {
        onlyAt(place, 'SET --map-prio and --map-queue', ['FORWARD', 'OUTPUT', 'POSTROUTING'])
      }
      return
    default:
  }
}

function checkJump(name: string, kind: 'jump' | 'goto', table: TableEntries): void {
  const chain = table.chains.get(name)
  if (chain === undefined) {
    refuse(
      `chain ${name} does not exist in table ${table.name}, nor is it a target`,
      `write :${name} - before the rules`,
    )
  }
  if (chain.policy !== null) refuse(`cannot ${kind === 'jump' ? 'jump' : 'go'} to ${name}: it is a built-in chain`)
}

const SYN = 0x02

function checkTcpMss(mss: number | 'clamp-to-pmtu', rule: Rule, place: Place): void {
  if (mss === 'clamp-to-pmtu') onlyAt(place, 'TCPMSS --clamp-mss-to-pmtu', ['FORWARD', 'OUTPUT', 'POSTROUTING'])
  needProtocol(rule, 'tcp', 'TCPMSS')
  const syn = rule.matches.some(
    (m) => m.kind === 'tcp' && m.flags !== null && !m.flags.invert && (m.flags.set & SYN) !== 0,
  )
  if (!syn) refuse('TCPMSS changes SYN packets only', 'add --tcp-flags SYN,RST SYN to the rule')
}
