import type { LineRef } from './fault.js'
import type { Rule, TableName } from './types.js'

/** Packets and bytes. */
export interface Counters {
  readonly packets: number
  readonly bytes: number
}

/** One line of a table section of restore text. */
export type Command =
  | {
      readonly kind: 'chain'
      readonly chain: string
      readonly policy: 'ACCEPT' | 'DROP' | null
      readonly counters: Counters | null
      readonly at: LineRef
    }
  | {
      readonly kind: 'append' | 'delete' | 'check'
      readonly chain: string
      readonly rules: readonly Rule[]
      readonly counters: Counters | null
      readonly at: LineRef
    }
  | {
      readonly kind: 'insert' | 'replace'
      readonly chain: string
      /** From 1. */ readonly number: number
      readonly rules: readonly Rule[]
      readonly counters: Counters | null
      readonly at: LineRef
    }
  | { readonly kind: 'delete-number'; readonly chain: string; readonly number: number; readonly at: LineRef }
  | { readonly kind: 'new-chain'; readonly chain: string; readonly at: LineRef }
  | { readonly kind: 'rename-chain'; readonly chain: string; readonly to: string; readonly at: LineRef }
  | {
      readonly kind: 'flush' | 'delete-chain'
      /** null = every chain. */ readonly chain: string | null
      readonly at: LineRef
    }
  | {
      readonly kind: 'zero'
      readonly chain: string | null
      readonly number: number | null
      readonly at: LineRef
    }
  | { readonly kind: 'policy'; readonly chain: string; readonly policy: 'ACCEPT' | 'DROP'; readonly at: LineRef }

/** The section of one table, `*table` to COMMIT. */
export interface TableChange {
  readonly table: TableName
  readonly commands: readonly Command[]
  readonly at: LineRef
}

/** Restore text as values, sections in the order written. */
export interface RuleSetChange {
  readonly tables: readonly TableChange[]
}
