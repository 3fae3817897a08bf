import { formatIpv4 } from '../addr/index.js'
import { assertNever } from '../base/index.js'
import { quote, quoteArgument } from './tokenize.js'
import type { NatTo, SetReference, Target } from './types.js'
import { hex, printMask } from './values.js'

const words = (...parts: readonly (string | null | false)[]): string =>
  parts.filter((part) => typeof part === 'string' && part !== '').join(' ')

/** Prints `-j NAME …` or `-g CHAIN` as iptables-save does. */
export function printTarget(target: Target): string {
  switch (target.kind) {
    case 'jump':
      return `-j ${target.chain}`
    case 'goto':
      return `-g ${target.chain}`
    case 'unknown':
      return words('-j', target.name, target.args.map(quoteArgument).join(' '))
    default:
      return words('-j', target.kind, printOptions(target))
  }
}

function printOptions(target: Exclude<Target, { kind: 'jump' | 'goto' | 'unknown' }>): string {
  switch (target.kind) {
    case 'ACCEPT':
    case 'DROP':
    case 'RETURN':
    case 'NOTRACK':
    case 'TRACE':
      return ''
    case 'REJECT':
      return `--reject-with ${target.with}`
    case 'DNAT':
      return words('--to-destination', natRange(target.to), natFlags(target.to))
    case 'SNAT':
      return words('--to-source', natRange(target.to), natFlags(target.to))
    case 'MASQUERADE':
    case 'REDIRECT':
      return words(target.to.ports && `--to-ports ${natPorts(target.to.ports)}`, natFlags(target.to))
    case 'NETMAP':
      return `--to ${formatIpv4(target.address)}${printMask(target.mask)}`
    case 'MARK':
      return `--set-xmark ${hex(target.value)}/${hex(target.mask)}`
    case 'CONNMARK':
      if (target.mode === 'set') return `--set-xmark ${hex(target.value)}/${hex(target.ctMask)}`
      return `--${target.mode}-mark --nfmask ${hex(target.nfMask)} --ctmask ${hex(target.ctMask)}`
    case 'CT':
      return ct(target)
    case 'SET':
      return set(target)
    case 'LOG':
      return words(
        target.prefix !== null && `--log-prefix ${quote(target.prefix)}`,
        target.level !== 4 && `--log-level ${target.level}`,
        ...target.flags.map((flag) => `--log-${flag}`),
      )
    case 'NFLOG':
      return words(
        target.prefix !== null && `--nflog-prefix ${quote(target.prefix)}`,
        target.group !== 0 && `--nflog-group ${target.group}`,
        target.size !== null && `--nflog-size ${target.size}`,
        target.range !== null && `--nflog-range ${target.range}`,
        target.threshold !== 0 && `--nflog-threshold ${target.threshold}`,
      )
    case 'CHECKSUM':
      return '--checksum-fill'
    case 'TCPMSS':
      return target.mss === 'clamp-to-pmtu' ? '--clamp-mss-to-pmtu' : `--set-mss ${target.mss}`
    default:
      return assertNever(target)
  }
}

/** `10.0.0.1-10.0.0.9:80-90/80`. */
function natRange(to: NatTo): string {
  const addresses = to.addresses
  const low = addresses === null ? '' : formatIpv4(addresses.min)
  const high = addresses === null || addresses.min === addresses.max ? '' : `-${formatIpv4(addresses.max)}`
  return `${low}${high}${to.ports === null ? '' : `:${natPorts(to.ports)}`}`
}

function natPorts(ports: NonNullable<NatTo['ports']>): string {
  const range = ports.min === ports.max ? String(ports.min) : `${ports.min}-${ports.max}`
  return ports.base === null ? range : `${range}/${ports.base}`
}

function natFlags(to: NatTo): string {
  return words(to.random && '--random', to.randomFully && '--random-fully', to.persistent && '--persistent')
}

function ct(target: Extract<Target, { kind: 'CT' }>): string {
  return words(
    target.notrack && '--notrack',
    target.helper !== null && `--helper ${target.helper}`,
    target.timeout !== null && `--timeout ${target.timeout}`,
    target.ctevents !== null && `--ctevents ${target.ctevents.join(',')}`,
    target.expevents !== null && `--expevents ${target.expevents.join(',')}`,
    target.zoneOrig !== null && `--zone-orig ${target.zoneOrig}`,
    target.zoneReply !== null && `--zone-reply ${target.zoneReply}`,
    target.zone !== null && `--zone ${target.zone}`,
  )
}

function set(target: Extract<Target, { kind: 'SET' }>): string {
  const reference = (option: string, value: SetReference | null): string | null =>
    value && `--${option} ${value.set} ${value.directions.join(',')}`
  return words(
    reference('add-set', target.add),
    target.exist && '--exist',
    target.timeout !== null && `--timeout ${target.timeout}`,
    reference('del-set', target.del),
    reference('map-set', target.map),
    target.mapMark && '--map-mark',
    target.mapPrio && '--map-prio',
    target.mapQueue && '--map-queue',
  )
}
