/**
 * @module netdev
 * The device contract that bridge, netns and overlay meet in, and the plain devices: veth, lo, dummy.
 */
export { type DeviceKind, type DeviceOwner, NetDevice, ReceiveEvent, type RxHandler, setPacketType } from './device.js'
export { DummyDevice } from './dummy.js'
export { LoopbackDevice } from './loopback.js'
export { VethDevice } from './veth.js'
