/**
 * Packs the package as it would be published and checks the tarball: publint for its manifest, attw for what
 * TypeScript resolves in it. The tarball lies in a folder of its own that is removed afterwards.
 */
import { execFileSync, spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

interface Packed {
  readonly filename: string
  readonly files: readonly { readonly path: string }[]
}

function pack(folder: string): Packed {
  execFileSync('npm', ['run', 'build', '--silent'], { stdio: 'inherit' })
  const args = ['pack', '--json', '--ignore-scripts', '--pack-destination', folder]
  const packed = JSON.parse(execFileSync('npm', args, { encoding: 'utf8' })) as Packed[] | Record<string, Packed>
  return Object.values(packed)[0]!
}

/** True when the command found nothing. */
function passes(command: string, args: readonly string[]): boolean {
  console.log(`> ${command} ${args.slice(1).join(' ')}`)
  return spawnSync('npx', ['--no', command, ...args], { stdio: 'inherit' }).status === 0
}

function strayFiles(packed: Packed): string[] {
  return packed.files
    .map((file) => file.path)
    .filter(
      (path) => !/^(?:dist\/|package\.json$|README\.md$|LICENSE$|CHANGELOG\.md$)/.test(path) || path.includes('.test.'),
    )
}

function check(folder: string): boolean {
  const packed = pack(folder)
  const tarball = join(folder, packed.filename)
  const stray = strayFiles(packed)
  if (stray.length > 0) console.error(`the package would carry ${stray.join(', ')}`)
  const sound = [passes('publint', [tarball, '--strict']), passes('attw', [tarball, '--profile', 'esm-only'])]
  return stray.length === 0 && sound.every((ok) => ok)
}

const folder = mkdtempSync(join(tmpdir(), 'kubehop-pack-'))
try {
  process.exitCode = check(folder) ? 0 : 1
} finally {
  rmSync(folder, { recursive: true, force: true })
}
