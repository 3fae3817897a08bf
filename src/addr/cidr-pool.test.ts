import { expect, test } from 'vitest'
import { cloneGraph } from '../base/index.js'
import { formatCidr, parseCidr } from './cidr.js'
import { CidrPool } from './cidr-pool.js'

const cidr = (text: string) => parseCidr(text)!
const next = (pool: CidrPool): string | undefined => {
  const got = pool.allocate()
  return got === undefined ? undefined : formatCidr(got)
}

test('walks upward, then is exhausted', () => {
  const pool = new CidrPool(cidr('10.244.0.0/22'), 24)
  expect([next(pool), next(pool), next(pool), next(pool), next(pool)]).toEqual([
    '10.244.0.0/24',
    '10.244.1.0/24',
    '10.244.2.0/24',
    '10.244.3.0/24',
    undefined,
  ])
  expect(pool.free).toBe(0)
})

test('a released network comes back when the cursor has gone round', () => {
  const pool = new CidrPool(cidr('10.244.0.0/22'), 24)
  next(pool)
  next(pool)
  pool.release(cidr('10.244.0.0/24'))
  expect([next(pool), next(pool), next(pool), next(pool)]).toEqual([
    '10.244.2.0/24',
    '10.244.3.0/24',
    '10.244.0.0/24',
    undefined,
  ])
})

test('reserved networks are skipped, larger and smaller ones cover what they touch', () => {
  const pool = new CidrPool(cidr('10.244.0.0/21'), 24)
  expect(pool.reserve(cidr('10.244.0.0/23'))).toBe(true)
  expect(pool.reserve(cidr('10.244.3.128/25'))).toBe(true)
  expect(pool.reserve(cidr('10.245.0.0/24'))).toBe(false)
  expect(pool.isUsed(cidr('10.244.3.0/24'))).toBe(true)
  expect(pool.isUsed(cidr('10.244.2.0/24'))).toBe(false)
  expect(pool.isUsed(cidr('10.245.0.0/24'))).toBe(false)
  expect([next(pool), next(pool)]).toEqual(['10.244.2.0/24', '10.244.4.0/24'])
  expect(pool.free).toBe(3)
})

test('a network that contains the pool uses it up', () => {
  const pool = new CidrPool(cidr('10.244.0.0/22'), 24)
  pool.reserve(cidr('10.0.0.0/8'))
  expect(next(pool)).toBeUndefined()
})

test('a copy goes its own way', () => {
  const pool = new CidrPool(cidr('10.244.0.0/22'), 24)
  next(pool)
  const copy = cloneGraph(pool)
  expect(next(copy)).toBe('10.244.1.0/24')
  expect(next(pool)).toBe('10.244.1.0/24')
})
