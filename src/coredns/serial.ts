import {
  type ApiObject,
  type EndpointSlice,
  isHeadless,
  keyOf,
  type Pod,
  type Service,
  serviceNameOf,
} from '../api/index.js'
import type { Store } from '../store/index.js'
import { isReadyForDns } from './endpoint-names.js'

/**
 * The zone's serial: the store's version at the last change that DNS can see. CoreDNS takes the Unix time of it;
 * a version does what a serial must do, it grows with every change.
 */
export class ZoneSerial {
  private seen = 0
  private serial = 0
  private readonly visible: Map<string, string> = new Map()

  /** The serial now. @param watchPods whether pods are watched (`pods verified`). */
  read(store: Store, watchPods: boolean): number {
    if (this.seen === store.version) return this.serial
    for (const event of store.since(this.seen)) {
      const view = event.type === 'DELETED' ? undefined : visibleTo(event.object, watchPods)
      if (this.note(`${event.object.kind} ${keyOf(event.object)}`, view)) this.serial = event.version
    }
    this.seen = store.version
    return this.serial
  }

  private note(key: string, view: string | undefined): boolean {
    if (this.visible.get(key) === view) return false
    if (view === undefined) this.visible.delete(key)
    else this.visible.set(key, view)
    return true
  }
}

/** What DNS sees of an object, as text; undefined when nothing. */
function visibleTo(object: ApiObject, watchPods: boolean): string | undefined {
  switch (object.kind) {
    case 'Service':
      return JSON.stringify(serviceView(object))
    case 'EndpointSlice':
      return JSON.stringify(sliceView(object))
    case 'Pod':
      return watchPods ? podView(object) : undefined
    default:
      return undefined
  }
}

function serviceView(service: Service): unknown {
  const { type, clusterIP, clusterIPs, externalName, ports } = service.spec
  const seen = ports.map((port) => [port.name, port.protocol, port.port])
  return [type, isHeadless(service), clusterIP, clusterIPs, externalName, seen]
}

function sliceView(slice: EndpointSlice): unknown {
  const ready = slice.endpoints.filter(isReadyForDns)
  const endpoints = ready.map((endpoint) => [endpoint.addresses, endpoint.hostname, endpoint.targetRef?.name])
  return [serviceNameOf(slice), endpoints, slice.ports]
}

function podView(pod: Pod): string | undefined {
  const { phase, podIP } = pod.status
  const ended = phase === 'Succeeded' || phase === 'Failed' || phase === 'Unknown'
  return ended || pod.metadata.deletionTimestamp !== undefined ? undefined : podIP
}
