import { compareState, compareStep, type Difference, type Strictness } from './compare.js'
import { probesOf, type Scenario, type Step, type VectorFile } from './format.js'
import { type Run, runScenario } from './run-steps.js'
import { withUnstable } from './unstable.js'

/** A step that is not as recorded. */
export interface FailedStep {
  readonly index: number
  readonly step: Step | null
  readonly differences: readonly Difference[]
}

/** What running a vector file showed. */
export interface FileResult {
  readonly name: string
  readonly probes: number
  readonly passed: number
  /** Why nothing was run; null = it was. */
  readonly notRun: string | null
  /** Probes and readings of state that differ; a reading at the end has no step. */
  readonly failures: readonly FailedStep[]
}

/** Runs a file's scenario and compares. `only` = the one step to compare; all run in any case, since state carries over. */
export function runFile(
  file: VectorFile,
  options: { readonly seed?: number; readonly only?: number } = {},
): FileResult {
  const { scenario, name } = file
  const probes = scenario.steps.reduce((sum, step) => sum + probesOf(step), 0)
  const missing = missingParts(scenario)
  if (missing !== null) return { name, probes, passed: 0, notRun: missing, failures: [] }
  const observed = withUnstable(file.observed, file.unstable)
  const run = tryScenario(scenario, options.seed ?? 1)
  if (typeof run === 'string') return { name, probes, passed: 0, notRun: null, failures: [setUpFailure(run)] }
  const strictness = strictnessOf(scenario)
  const failures: FailedStep[] = []
  let passed = 0
  scenario.steps.forEach((step, index) => {
    const [want, got] = [observed.steps[index]!, run.steps[index]!]
    const differences = compareStep(want, got, strictness)
    passed += differences.length === 0 ? probesOf(step) : sameFlows(step, want.served, got.served)
    if (differences.length > 0) failures.push({ index, step, differences })
  })
  const after = Object.entries(observed.after ?? {}).flatMap(([ns, state]) => {
    return compareState(state, run.after[ns] ?? {}, strictness, ` of ${ns}`)
  })
  if (after.length > 0) failures.push({ index: scenario.steps.length, step: null, differences: after })
  const wanted = options.only === undefined ? failures : failures.filter(({ index }) => index === options.only)
  return { name, probes, passed, notRun: null, failures: wanted }
}

function tryScenario(scenario: Scenario, seed: number): Run | string {
  try {
    return runScenario(scenario, seed)
  } catch (error) {
    return error instanceof Error ? (error.stack ?? error.message) : String(error)
  }
}

function setUpFailure(message: string): FailedStep {
  return { index: -1, step: null, differences: [{ what: 'the network', expected: 'can be built', actual: message }] }
}

/** Of a burst, the flows that went as recorded. */
function sameFlows(step: Step, want: readonly string[] | undefined, got: readonly string[] | undefined): number {
  if (step.do !== 'burst' || !Array.isArray(want)) return 0
  return want.filter((server, i) => server === got?.[i]).length
}

/** What a scenario needs that is not modelled; null = nothing. */
function missingParts(scenario: Scenario): string | null {
  const needs = new Set(scenario.needs ?? [])
  if (scenario.ipvs !== undefined || scenario.steps.some((step) => step.do === 'ipvs')) needs.add('ipvs')
  return needs.size === 0 ? null : `needs ${[...needs].map((need) => need.toUpperCase()).join(', ')}`
}

function strictnessOf(scenario: Scenario): Strictness {
  const filtered = (ns: string): boolean => scenario.sysctls?.[ns]?.['net/bridge/bridge-nf-call-iptables'] !== 0
  const bridges = scenario.links.flatMap((link) =>
    link.kind === 'bridge' && filtered(link.ns) ? [`${link.ns} ${link.name}`] : [],
  )
  const hasTcp = scenario.steps.some((step) => step.do === 'tcp' || (step.do === 'burst' && step.proto === 'tcp'))
  return { filteredBridges: new Set(bridges), hasTcp }
}
