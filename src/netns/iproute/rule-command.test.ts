import { describe, expect, test } from 'vitest'
import { InvalidInputError, SampledChoices } from '../../base/index.js'
import { Simulation } from '../../trace/index.js'
import { Namespace } from '../namespace.js'
import { runIp } from './run-ip.js'

describe('ip rule', () => {
  test.each(['ipproto tcp lookup 100', 'dport 53 lookup 100', 'goto 32766', 'lookup main suppress_prefixlength 0'])(
    'refuses selectors and actions that are not modelled: %s',
    (rest) => {
      const ns = new Namespace(new Simulation(new SampledChoices(1)), 'host')
      const before = ns.fib.policyRules().length
      expect(() => runIp(ns, `rule add pref 100 ${rest}`)).toThrow(InvalidInputError)
      expect(ns.fib.policyRules()).toHaveLength(before)
    },
  )
})
