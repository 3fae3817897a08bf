import fc from 'fast-check'
import { type App, type AppPort, appsFor } from './app.js'
import {
  type GeneratedServiceType,
  type Policy,
  type ResolvedServiceConstraints,
  resolveServiceConstraints,
  type ServiceConstraints,
} from './constraints.js'
import type { Manifest } from './manifest.js'

/** A service before it knows its name, its app and the numbers that are its alone. */
export interface ServiceDraft {
  readonly type: GeneratedServiceType
  readonly externalTrafficPolicy: Policy
  readonly internalTrafficPolicy: Policy
  readonly sessionAffinity: 'None' | 'ClientIP'
  readonly target: 'name' | 'number' | 'dead'
  readonly external: boolean
  readonly pending: boolean
  readonly sourceRanges: readonly string[]
  readonly publishNotReadyAddresses: boolean
}

/** Where a service belongs. */
export interface ServicePlace {
  readonly name: string
  readonly namespace: string
  /** Unique in the cluster: node ports and outside addresses follow from it. */
  readonly index: number
  /** What it selects, or what its hand-written endpoints offer. */
  readonly app: App
  /** Without a selector: endpoints are written by hand. */
  readonly manual: boolean
}

/** A port that nothing generated listens on. */
const DEAD_PORT = 9999
/** TEST-NET-3 (RFC 5737): load balancers below 100, external IPs from there. */
const VIP_NET = '203.0.113'

/** Services without their place; they shrink to a plain ClusterIP service. */
export function serviceDraftArbitrary(c: ResolvedServiceConstraints): fc.Arbitrary<ServiceDraft> {
  const targets = ['name', 'number', ...(c.deadTargetPorts ? (['dead'] as const) : [])] as const
  return fc.record({
    type: fc.constantFrom(...c.types),
    externalTrafficPolicy: fc.constantFrom(...c.externalTrafficPolicies),
    internalTrafficPolicy: fc.constantFrom(...c.internalTrafficPolicies),
    sessionAffinity: rarely<'None' | 'ClientIP'>('None', 'ClientIP', c.sessionAffinity),
    target: fc.constantFrom(...targets),
    external: rarely(false, true, c.externalIPs),
    pending: rarely(false, true, true),
    sourceRanges: c.sourceRanges
      ? fc.constantFrom<readonly string[]>([], ['198.51.100.0/24'], ['10.244.0.0/16', '192.168.10.0/24'])
      : fc.constant<readonly string[]>([]),
    publishNotReadyAddresses: rarely(false, true, true),
  })
}

/** Mostly `usual`; shrinks to it. */
export function rarely<T>(usual: T, rare: T, allowed: boolean): fc.Arbitrary<T> {
  if (!allowed) return fc.constant(usual)
  return fc.oneof(
    { withCrossShrink: true },
    { arbitrary: fc.constant(usual), weight: 4 },
    { arbitrary: fc.constant(rare), weight: 1 },
  )
}

/** The service as an object. */
export function serviceOf(draft: ServiceDraft, place: ServicePlace): Manifest {
  const metadata = { name: place.name, namespace: place.namespace }
  const base = { apiVersion: 'v1', kind: 'Service', metadata }
  if (draft.type === 'ExternalName') return { ...base, spec: externalNameSpec(place) }
  const { type } = draft
  const nodePorts = type === 'NodePort' || type === 'LoadBalancer'
  return {
    ...base,
    spec: {
      type: type === 'Headless' ? 'ClusterIP' : type,
      ...(type === 'Headless' ? { clusterIP: 'None' } : {}),
      ...(place.manual ? {} : { selector: { app: place.app.name } }),
      ports: place.app.ports.map((port, i) => ({
        name: port.name,
        protocol: port.protocol,
        port: servicePortNumber(port, i),
        targetPort: targetOf(draft, place, port),
        ...(nodePorts ? { nodePort: 30_100 + 10 * place.index + i } : {}),
      })),
      internalTrafficPolicy: draft.internalTrafficPolicy,
      sessionAffinity: draft.sessionAffinity,
      ...(nodePorts ? { externalTrafficPolicy: draft.externalTrafficPolicy } : {}),
      ...(draft.external && type !== 'Headless' ? { externalIPs: [`${VIP_NET}.${100 + place.index}`] } : {}),
      ...(draft.publishNotReadyAddresses ? { publishNotReadyAddresses: true } : {}),
      ...(type === 'LoadBalancer' ? { loadBalancerSourceRanges: draft.sourceRanges } : {}),
    },
    ...(type === 'LoadBalancer' && !draft.pending
      ? { status: { loadBalancer: { ingress: [{ ip: `${VIP_NET}.${10 + place.index}` }] } } }
      : {}),
  }
}

function externalNameSpec({ index }: ServicePlace): Record<string, unknown> {
  const externalName = index === 0 ? 'www.example.com' : `service-${index - 1}.default.svc.cluster.local`
  return { type: 'ExternalName', externalName }
}

function servicePortNumber(port: AppPort, index: number): number {
  return port.protocol === 'TCP' ? 80 + index : 53
}

/** Endpoints written by hand have no container ports to name. */
function targetOf({ target }: ServiceDraft, { manual }: ServicePlace, port: AppPort): number | string {
  if (target === 'dead') return DEAD_PORT
  return target === 'number' || manual ? port.number : port.name
}

/**
 * Services on their own, as objects for a manifest: `metadata.name` is `service-0`, the selector is `app: web` or that
 * of another generated app. Given the same `place`, services do not clash with those of other places.
 */
export function serviceArbitrary(
  constraints: ServiceConstraints = {},
  place: Partial<Omit<ServicePlace, 'app' | 'manual'>> = {},
): fc.Arbitrary<Manifest> {
  const c = resolveServiceConstraints(constraints)
  const apps = appsFor(c.protocols).filter(({ ports }) => ports.length > 0)
  const index = place.index ?? 0
  return fc
    .tuple(serviceDraftArbitrary(c), fc.constantFrom(...apps), rarely(false, true, c.manualEndpoints))
    .map(([draft, app, manual]) =>
      serviceOf(draft, { name: `service-${index}`, namespace: 'default', ...place, index, app, manual }),
    )
}
