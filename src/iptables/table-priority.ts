import { HOOK_PRIORITY } from '../netfilter/index.js'
import type { Hook } from '../trace/index.js'
import type { TableName } from './types.js'

/** Priority of a table's function at a hook (iptable_*.c, nf_nat). */
export function tablePriority(table: TableName, hook: Hook): number {
  switch (table) {
    case 'raw':
      return HOOK_PRIORITY.RAW
    case 'mangle':
      return HOOK_PRIORITY.MANGLE
    case 'nat':
      return hook === 'PREROUTING' || hook === 'OUTPUT' ? HOOK_PRIORITY.NAT_DST : HOOK_PRIORITY.NAT_SRC
    case 'filter':
      return HOOK_PRIORITY.FILTER
    case 'security':
      return HOOK_PRIORITY.SECURITY
  }
}
