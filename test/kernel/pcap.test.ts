import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { runCli } from '../helpers/run-cli.js'

/** tshark is the judge of the capture files. */

const folder = mkdtempSync(join(tmpdir(), 'kubehop-pcap-'))
afterAll(() => rmSync(folder, { recursive: true }))

const COMMANDS = {
  'through the tunnel': 'trace -f examples/nodeport.yaml --from pod/client --to svc/web:80',
  'with a name': 'trace -f examples/dns/ --from pod/team-a/client --to web.team-b:80',
  refused: 'trace -f examples/shop/ -n shop --from deploy/orders --to svc/payment:8443',
  udp: 'trace -f examples/udp.yaml --from pod/client --to svc/syslog:514 --size 2000',
  'in several ways': 'trace -f examples/guestbook/ --from external --to node/node-1:30080',
}

function tshark(file: string, ...more: string[]): string[] {
  const args = [
    '-r',
    file,
    '-d',
    'udp.port==8472,vxlan',
    '-o',
    'ip.check_checksum:TRUE',
    '-o',
    'tcp.check_checksum:TRUE',
    '-o',
    'udp.check_checksum:TRUE',
  ]
  const text = execFileSync('tshark', [...args, ...more], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] })
  return text.split('\n').filter((line) => line !== '')
}

describe.each(Object.entries(COMMANDS))('--pcap, %s', (name, command) => {
  const file = join(folder, `${name.replaceAll(' ', '-')}.pcapng`)

  test('is read without a malformed packet or a bad checksum', () => {
    expect(runCli(`${command} --pcap ${file}`).status).toBeLessThan(2)
    expect(tshark(file).length).toBeGreaterThan(0)
    expect(tshark(file, '-Y', '_ws.malformed || _ws.unreassembled')).toEqual([])
    expect(
      tshark(file, '-Y', 'ip.checksum.status == 0 || tcp.checksum.status == 0 || udp.checksum.status == 0'),
    ).toEqual([])
  })

  test('names devices and steps', () => {
    const rows = tshark(file, '-T', 'fields', '-e', 'frame.interface_name', '-e', 'frame.comment').map((row) =>
      row.split('\t'),
    )
    for (const [device, comment] of rows) {
      expect(device).toMatch(/^(node-\d|pod\/[^/]+\/[^/]+|external|gateway|underlay)\/[\w.-]+$/)
      expect(comment).toMatch(/packet \d+: ./)
    }
  })
})

test('VXLAN is decoded', () => {
  const file = join(folder, 'vxlan.pcapng')
  runCli(`${COMMANDS['through the tunnel']} --pcap ${file}`)
  const inner = tshark(
    file,
    '-Y',
    'vxlan.vni == 1 && tcp.flags.syn == 1',
    '-T',
    'fields',
    '-e',
    'ip.src',
    '-e',
    'udp.dstport',
  )
  expect(inner.length).toBeGreaterThan(0)
  expect(inner[0]).toMatch(/^192\.168\.10\.\d+,10\.244\.0\.\d+\t8472$/)
})
