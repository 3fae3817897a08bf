import { Argument, Command } from 'commander'
import type { Cluster } from '../cluster/index.js'
import { parseEndpoint } from '../trace/index.js'
import { addClusterFlags, buildCluster, type ClusterFlags, readClusterInput } from './cluster-options.js'
import type { Io } from './io.js'
import { Issues } from './issues.js'
import { reportWarnings } from './report.js'

const VIEWS = ['iptables', 'routes', 'neigh', 'fdb', 'conntrack', 'devices'] as const
type View = (typeof VIEWS)[number]

const HELP = `
Views: iptables (as iptables-save prints), routes (with the policy rules), neigh, fdb, conntrack, devices.

Examples:
  $ kubehop show node-1 iptables -f app.yaml
  $ kubehop show pod/shop/web-0 routes -f app.yaml`

/** `kubehop show`: what stands in the kernel of a node or pod. */
export function showCommand(io: Io): Command {
  return addClusterFlags(
    new Command('show').description(
      'look into a node or a pod: its rules, routes, neighbours, FDB, conntrack, devices',
    ),
  )
    .argument('<place>', 'NODE, node/NODE or pod/[NS/]NAME')
    .addArgument(new Argument('<view>', 'what to show').choices(VIEWS))
    .addHelpText('after', HELP)
    .action((place: string, view: View, flags: ClusterFlags) => runShow(place, view, flags, io))
}

function runShow(place: string, view: View, flags: ClusterFlags, io: Io): void {
  const issues = new Issues()
  const input = readClusterInput(flags, io, issues)
  const parsed = parseEndpoint(place)
  const ref = 'message' in parsed ? undefined : parsed.ref
  const known = ref?.kind === 'pod' || ref?.kind === 'node' || ref?.kind === 'name'
  if (!known)
    issues.add({ path: 'show', message: `"${place}" is neither a node nor a pod`, fix: 'write NODE or pod/[NS/]NAME' })
  const cluster = buildCluster(input, issues)
  issues.throwIfAny()
  reportWarnings(cluster!.warnings, io)
  const text = issues.attempt(() => {
    const host =
      ref?.kind === 'pod'
        ? cluster!.pod(`${ref.namespace ?? input.namespace ?? 'default'}/${ref.name}`)
        : cluster!.node(ref!.kind === 'node' || ref!.kind === 'name' ? ref!.name : '')
    return viewOf(host, view)
  })
  issues.throwIfAny()
  io.stdout(text!.endsWith('\n') || text === '' ? text! : `${text!}\n`)
}

function viewOf(host: ReturnType<Cluster['node']>, view: View): string {
  switch (view) {
    case 'iptables':
      return host.iptablesSave()
    case 'routes':
      return host.routes()
    case 'neigh':
      return host.neighbours()
    case 'fdb':
      return host.fdb()
    case 'conntrack':
      return host.conntrack()
    case 'devices':
      return host.devices()
  }
}
