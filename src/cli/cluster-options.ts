import type { Command } from 'commander'
import { parseCidr } from '../addr/index.js'
import { Cluster, type ClusterOptions } from '../cluster/index.js'
import { type Config, readConfig } from './config-file.js'
import { choiceOption, oneOf, wholeNumber } from './flag-values.js'
import type { Io } from './io.js'
import type { Issues } from './issues.js'
import { readSources, type Source } from './sources.js'

/** Flags that say what the cluster is, as commander hands them over. */
export interface ClusterFlags {
  readonly filename?: readonly string[]
  readonly namespace?: string
  readonly nodes?: string
  readonly cni?: string
  readonly bridge?: string
  readonly proxyMode?: string
  readonly podCidr?: string
  readonly serviceCidr?: string
  readonly seed?: string
  readonly strict?: boolean
  readonly config?: string
}

const CHOICES = {
  cni: ['flannel-vxlan', 'flannel-host-gw'],
  bridge: ['docker0', 'cni0'],
  proxyMode: ['iptables'],
} as const

/** Adds the flags that every command shares. */
export function addClusterFlags(command: Command): Command {
  const repeated = (value: string, before: readonly string[] | undefined): string[] => [...(before ?? []), value]
  return command
    .option('-f, --filename <path>', 'manifest file, folder, or - for standard input (repeatable)', repeated)
    .option('-n, --namespace <name>', 'namespace of names that give none (default: default)')
    .option('--nodes <count>', 'number of nodes when the manifests have none (default: 2)')
    .addOption(choiceOption('--cni <plugin>', 'pod network', CHOICES.cni))
    .addOption(choiceOption('--bridge <name>', "the pods' bridge", CHOICES.bridge))
    .addOption(choiceOption('--proxy-mode <mode>', "kube-proxy's mode", CHOICES.proxyMode))
    .option('--pod-cidr <cidr>', "network of the pods' addresses (default: 10.244.0.0/16)")
    .option('--service-cidr <cidr>', 'network of the cluster IPs (default: 10.96.0.0/12)')
    .option('--seed <number>', 'seed of everything left to chance (default: 1)')
    .option('--strict', 'unknown kinds and fields are errors')
    .option('--config <file>', 'read settings from this file instead of kubehop.yaml')
}

/** What a command needs to build its cluster. */
export interface ClusterInput {
  readonly sources: readonly Source[]
  readonly options: ClusterOptions
  readonly namespace: string | undefined
}

/** Reads configuration, manifests and flags; problems are added to `issues`. */
export function readClusterInput(flags: ClusterFlags, io: Io, issues: Issues): ClusterInput {
  const config = readConfig(flags.config, io, issues)
  const paths = flags.filename ?? config.files ?? []
  if (paths.length === 0)
    issues.add({ path: '-f', message: 'no manifest given', fix: 'name a file, a folder, or - for standard input' })
  const sources = readSources(paths, io, issues)
  return { sources, options: optionsOf(flags, config, issues), namespace: flags.namespace ?? config.namespace }
}

/** Builds the cluster; what is wrong with the manifests is added to `issues`. Nothing is said of half of them. */
export function buildCluster(input: ClusterInput, issues: Issues): Cluster | undefined {
  if (issues.has('-f')) return undefined
  return issues.attempt(() => Cluster.fromManifests(input.sources, input.options))
}

function optionsOf(flags: ClusterFlags, config: Config, issues: Issues): ClusterOptions {
  const all = {
    nodes: wholeNumber(flags.nodes, '--nodes', 1, 1000, issues) ?? config.nodes,
    cni: oneOf(flags.cni, '--cni', CHOICES.cni, issues) ?? config.cni,
    bridge: oneOf(flags.bridge, '--bridge', CHOICES.bridge, issues) ?? config.bridge,
    proxyMode: oneOf(flags.proxyMode, '--proxy-mode', CHOICES.proxyMode, issues) ?? config.proxyMode,
    podCidr: cidr(flags.podCidr, '--pod-cidr', issues) ?? config.podCidr,
    serviceCidr: cidr(flags.serviceCidr, '--service-cidr', issues) ?? config.serviceCidr,
    seed: wholeNumber(flags.seed, '--seed', 0, 0xffff_ffff, issues) ?? config.seed,
    strict: flags.strict ?? config.strict,
    defaultNamespace: flags.namespace ?? config.namespace,
    hosts: config.hosts,
  }
  return Object.fromEntries(Object.entries(all).filter(([, value]) => value !== undefined))
}

function cidr(text: string | undefined, flag: string, issues: Issues): string | undefined {
  if (text === undefined || parseCidr(text) !== undefined) return text
  issues.add({
    path: flag,
    message: `"${text}" is not an IPv4 network`,
    fix: 'write ADDRESS/PREFIX with no bit set behind the prefix, such as 10.244.0.0/16',
  })
  return undefined
}
