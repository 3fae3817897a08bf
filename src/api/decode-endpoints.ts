import { familyOf } from '../addr/index.js'
import { dnsLabel, ipAddress, objectReference, port, protocol } from './decode-common.js'
import {
  bool,
  checkedOrEmpty,
  type Decoder,
  defaulted,
  list,
  mapped,
  oneOf,
  optional,
  record,
  required,
  text,
} from './decode.js'
import type { EndpointAddress, EndpointSubset } from './endpoints.js'
import type { Endpoint, EndpointHints, EndpointPort, EndpointSlice } from './endpoint-slice.js'
import { dns1123LabelProblem } from './names.js'
import type { Report } from './report.js'

const portName: Decoder<string> = checkedOrEmpty(dns1123LabelProblem)

const named = list(record<{ name: string }>({ name: required(text) }))

const hints: Decoder<EndpointHints> = record<EndpointHints>({
  forZones: defaulted(named, []),
  forNodes: defaulted(named, []),
})

const endpoint: Decoder<Endpoint> = record<Endpoint>(
  {
    addresses: required(list(text)),
    conditions: defaulted(
      record<Endpoint['conditions']>({
        ready: optional(bool),
        serving: optional(bool),
        terminating: optional(bool),
      }),
      {},
    ),
    hostname: optional(dnsLabel),
    nodeName: optional(text),
    zone: optional(text),
    targetRef: optional(objectReference),
    hints: optional(hints),
  },
  ['deprecatedTopology'],
)

const endpointPort: Decoder<EndpointPort> = record<EndpointPort>({
  name: defaulted(portName, ''),
  protocol: defaulted(protocol, 'TCP'),
  port: optional(port),
  appProtocol: optional(text),
})

/** The fields of an EndpointSlice beside metadata. */
export type SliceBody = Pick<EndpointSlice, 'addressType' | 'endpoints' | 'ports'>

/** addressType, endpoints and ports of an EndpointSlice. */
export const sliceFields: {
  readonly addressType: ReturnType<typeof required<EndpointSlice['addressType']>>
  readonly endpoints: ReturnType<typeof defaulted<readonly Endpoint[]>>
  readonly ports: ReturnType<typeof defaulted<readonly EndpointPort[]>>
} = {
  addressType: required(oneOf('IPv4', 'IPv6', 'FQDN')),
  endpoints: defaulted(list(endpoint), []),
  ports: defaulted(list(endpointPort), []),
}

/** Checks every address against the slice's addressType and normalises it. */
export function checkSlice<T extends SliceBody>(slice: T, path: string, report: Report): T {
  const at = path === '' ? '' : `${path}.`
  const endpoints = slice.endpoints.map((e, i) => {
    const where = `${at}endpoints[${i}].addresses`
    if (e.addresses.length === 0) report.error(where, 'must have at least one address')
    const addresses = e.addresses.map((a, j) => checkAddress(slice.addressType, a, `${where}[${j}]`, report))
    return { ...e, addresses }
  })
  return { ...slice, endpoints }
}

function checkAddress(type: EndpointSlice['addressType'], address: string, path: string, report: Report): string {
  if (type === 'FQDN') return address
  const ip = ipAddress(address, path, report)
  if (ip !== undefined && (familyOf(ip) === 'inet6') !== (type === 'IPv6')) {
    report.error(path, `"${address}" is not an ${type} address`, 'put each family in a slice of its own')
  }
  return ip ?? address
}

const subsetAddress: Decoder<EndpointAddress> = record<EndpointAddress>({
  ip: required(ipAddress),
  hostname: optional(dnsLabel),
  nodeName: optional(text),
  targetRef: optional(objectReference),
})

/** One subset of an Endpoints object. */
export const endpointSubset: Decoder<EndpointSubset> = mapped(
  record<EndpointSubset>({
    addresses: defaulted(list(subsetAddress), []),
    notReadyAddresses: defaulted(list(subsetAddress), []),
    ports: defaulted(
      list(
        record<EndpointSubset['ports'][number]>(
          { name: defaulted(portName, ''), port: required(port), protocol: defaulted(protocol, 'TCP') },
          ['appProtocol'],
        ),
      ),
      [],
    ),
  }),
  (subset, path, report) => {
    if (subset.addresses.length + subset.notReadyAddresses.length === 0) {
      report.error(`${path}.addresses`, 'is required', 'give at least one address')
    }
    return subset
  },
)
