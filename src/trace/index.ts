/**
 * @module trace
 * What happened to a packet: steps, drop reasons, the sink that every acting layer emits into, the recorder
 * that groups steps into hops and packets, and the document that a trace is handed out as.
 */
export { capture } from './capture.js'
export { describeStep } from './describe-step.js'
export {
  type ClientSees,
  type Disposition,
  DISPOSITION_SUCCESS,
  SEES_SUCCESS,
  TRACE_API_VERSION,
  type TraceChoice,
  type TraceDelivery,
  type TraceDocument,
  type TraceDrop,
  type TraceHop,
  type TraceOutcome,
  type TracePacket,
  type TracePacketKind,
  type TracePlace,
  type TraceProtocol,
  type TraceRequest,
  type TraceUnknown,
} from './document.js'
export { DROP_REASONS, type DropReason, OWN_REASONS } from './drop-reason.js'
export { dispositionOfDrop, fateOf, type RequestFate } from './outcome.js'
export { type NodeOf, placeOf } from './place.js'
export { type RecordedFrame, Recorder, type RecorderOptions } from './recorder.js'
export {
  type EndpointRef,
  parseEndpoint,
  type ParsedQuestion,
  parseQuestion,
  printEndpoint,
  type TraceQuestion,
  type WorkloadKind,
} from './request.js'
export { Simulation } from './simulation.js'
export type { TraceSink } from './sink.js'
export type {
  BridgeStep,
  ChainEndStep,
  ConntrackStep,
  DeviceStep,
  DropStep,
  EncapsulationStep,
  Endpoints,
  ForwardStep,
  FragmentStep,
  Hook,
  NatStep,
  NeighbourStep,
  NoteStep,
  ReplyStep,
  RouteStep,
  RuleStep,
  SocketStep,
  Step,
  UnknownStep,
} from './step.js'
