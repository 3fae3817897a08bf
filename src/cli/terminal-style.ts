import { styleText } from 'node:util'
import { plainStyle, type Style } from './render/index.js'

type Format = Parameters<typeof styleText>[0]

/** The style for a terminal: coloured, or plain when `color` is false. */
export function terminalStyle(color: boolean): Style {
  if (!color) return plainStyle
  const paint = (format: Format) => (text: string) => styleText(format, text, { validateStream: false })
  return {
    title: paint('bold'),
    place: paint('cyan'),
    label: paint('blue'),
    dim: paint('dim'),
    good: paint('green'),
    bad: paint('red'),
    warn: paint('yellow'),
    change: paint('magenta'),
  }
}
