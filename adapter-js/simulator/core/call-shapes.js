import { digits, hex, uuidV4 } from "./uuid.js";

/**
 * The forms in which one call appears: presence (live), web phone session and history record
 * (protocol 4.2, 6). Same call, other ids, other times: that is the protocol, not a slip.
 */

/** What RingCentral would allot to a new call. @param {() => number} random */
export function callIds(random) {
  const telephonySessionId = `s-a${hex(random, 12)}z1${hex(random, 10)}z0000`;
  return {
    id: hex(random, 16),
    sessionId: digits(random, 12),
    telephonySessionId,
    partyId: `p-${telephonySessionId.slice(2)}-2`,
    webphoneId: uuidV4(random),
    historyId: `L${hex(random, 14)}`,
    fromTag: hex(random, 6),
    toTag: hex(random, 6),
  };
}

/** The raw presence record of `rc-active-call-notify`. */
export function presenceOf(call) {
  const { sessionId, telephonySessionId, partyId } = call.ids;
  return {
    sessionId,
    telephonySessionId,
    partyId,
    direction: call.direction,
    from: { phoneNumber: call.from },
    to: { phoneNumber: call.to },
    fromName: call.fromName,
    toName: call.toName,
    telephonyStatus: call.telephonyStatus,
    startTime: call.ringTime,
    offset: 0,
  };
}

/** The browser phone's own session; its partyData.sessionId IS the telephonySessionId (V40). */
export function webphoneOf(call, callStatus, contactMatch = null) {
  const { webphoneId, fromTag, toTag, partyId, telephonySessionId } = call.ids;
  return {
    id: webphoneId,
    callId: webphoneId,
    direction: call.direction,
    callStatus,
    to: call.to,
    toUserName: call.toName,
    from: call.firstFrom,
    fromNumber: null,
    fromUserName: call.fromName,
    fromTag,
    toTag,
    startTime: call.answerTime,
    creationTime: call.creationTime,
    isOnHold: call.telephonyStatus === "OnHold",
    isOnMute: false,
    isOnFlip: false,
    isOnTransfer: false,
    isToVoicemail: false,
    isForwarded: false,
    isReplied: false,
    recordStatus: "webphone-record-idle",
    contactMatch,
    minimized: false,
    partyData: { partyId, sessionId: telephonySessionId },
    lastActiveTime: call.creationTime,
    cached: false,
    removed: false,
    callQueueName: null,
    warmTransferSessionId: null,
  };
}

/** The live form inside `/callLogger` (V16, V17). */
export function liveCall(call, now) {
  const startTime = call.answerTime ?? call.ringTime; // jumps when the web phone answers
  return {
    ...presenceOf(call),
    ...liveOnly(call),
    startTime,
    webphoneSession: webphoneOf(call, webphoneStatus(call)),
    duration: Math.round((now - startTime) / 1000),
    result: call.telephonyStatus, // a live call has no result of its own
  };
}

/** The call has left presence: no web phone session any more, start and duration count ringing (V18). */
export function endedCall(call) {
  return {
    ...presenceOf(call),
    ...liveOnly(call),
    duration: Math.round((call.endTime - call.ringTime) / 1000),
    result: "Disconnected",
    isRecording: false,
  };
}

/** Updates, clicks and the first history post say whether the from number has changed (V21). */
export function transferOf(call) {
  return { isTransferredCall: call.transferredFrom !== null, transferredMiddleNumber: call.transferredFrom };
}

function liveOnly(call) {
  const { id, fromTag, toTag } = call.ids;
  const sip = (number) => `sip:${number}@sip.example`;
  return {
    id,
    sipData: {
      toTag,
      fromTag,
      remoteUri: sip(call.firstFrom),
      localUri: sip(`${call.to.replace("+", "")}*101`),
    },
  };
}

function webphoneStatus(call) {
  if (call.answerTime === null) return "webphone-session-connecting";
  return call.telephonyStatus === "OnHold" ? "webphone-session-onHold" : "webphone-session-connected";
}

/**
 * What the call log API would say a little later (V19). It has its own id, the real result and the
 * real duration.
 */
export function historyRecord(call, overrides = {}) {
  const inbound = call.direction === "Inbound";
  const answered = call.answerTime !== null;
  const result = answered ? (inbound ? "Accepted" : "Call connected") : (inbound ? "Missed" : "Hang Up");
  const durationMs = answered ? call.endTime - call.answerTime : 0;
  const own = { extensionId: "260918004" };
  return {
    id: call.ids.historyId,
    sessionId: call.ids.sessionId,
    telephonySessionId: call.ids.telephonySessionId,
    partyId: call.ids.partyId,
    type: "Voice",
    transport: "VoIP",
    direction: call.direction,
    action: inbound ? "Phone Call" : "VoIP Call",
    result,
    reason: result,
    internalType: "Local",
    startTime: call.ringTime,
    duration: Math.round(durationMs / 1000),
    durationMs,
    lastModifiedTime: new Date(call.endTime).toISOString(),
    extension: { id: "260918004" },
    from: { phoneNumber: call.from, name: call.fromName, ...(inbound ? {} : own) },
    to: { phoneNumber: call.to, name: call.toName, ...(inbound ? own : {}) },
    fromName: call.fromName,
    toName: call.toName,
    ...overrides,
  };
}
