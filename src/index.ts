/**
 * @module kubehop
 * What happens to this packet in this cluster, hop by hop, and why?
 */
export { type InputIssue, InvalidInputError, printIssue } from './base/index.js'
export { Cluster, type ClusterOptions, HostView, type ManifestSource, type TraceWithFrames } from './cluster/index.js'
export {
  capture,
  type ClientSees,
  type Disposition,
  DISPOSITION_SUCCESS,
  DROP_REASONS,
  type DropReason,
  type RecordedFrame,
  SEES_SUCCESS,
  type Step,
  type TraceDelivery,
  type TraceDocument,
  type TraceDrop,
  type TraceHop,
  type TraceOutcome,
  type TracePacket,
  type TraceQuestion,
  type TraceRequest,
} from './trace/index.js'
