/**
 * @typedef {object} LineReading what the browser's own statistics say at a moment. Counters begin with the
 *   call. null: not known. Addresses are never read.
 * @property {number} at `performance.now()`
 * @property {boolean | null} connected whether there is a way for the audio
 * @property {number | null} packetsSent
 * @property {number | null} packetsReceived
 * @property {number | null} lostIn the other side's packets that did not arrive
 * @property {number | null} lostOut our packets that did not arrive, as the other side reports
 * @property {number | null} jitterOutMs as the other side reports
 * @property {number | null} rttMs
 * @property {number | null} reportedAt when the latest report came that says something about our packets. A
 *   side that has got none since its last report says nothing about them (RFC 3550, 6.4)
 * @property {number | null} otherReportedAt when the other side sent its latest report, by its clock
 * @property {number | null} ownEnergy grows with every sound of the microphone, also while it is muted here
 * @property {number | null} otherEnergy grows with every sound that comes
 * @property {boolean | null} isRelay whether the audio goes through a TURN server
 * @property {string | null} protocol `udp`, or `tcp` or `tls` to the relay
 * @property {string | null} networkType `wifi`, `ethernet`, `cellular` and others. Only Chrome tells, and
 *   not on all systems
 * @property {string | null} codec for example `opus`
 */

/**
 * Reads what the SDK does not tell: what the other side reports about our packets, and the way that they
 * take. The SDK makes its peer connection with our class, which remembers it.
 */
export class LineStats {
  /** @type {RTCPeerConnection | null} */
  #latest = null;

  /**
   * @param {typeof RTCPeerConnection} [Base] the class to extend; the browser's by default
   * @returns {typeof RTCPeerConnection | undefined} for the Device's option `RTCPeerConnection`; undefined
   *   if the browser has none
   */
  peerConnectionClass(Base = globalThis.RTCPeerConnection) {
    if (!Base) return undefined;
    /** @param {RTCPeerConnection} connection */
    const remember = (connection) => (this.#latest = connection);
    return class extends Base {
      /** @param {RTCConfiguration} [configuration] */
      constructor(configuration) {
        super(configuration);
        remember(this);
      }
    };
  }

  /** Whether a call or a check has made a connection that is still open. */
  get isOpen() {
    return this.#latest !== null && this.#latest.connectionState !== 'closed';
  }

  /** @returns {Promise<LineReading | null>} of the newest connection; null if there is none that is open */
  async read() {
    const connection = this.#latest;
    if (!connection || connection.connectionState === 'closed') return null;
    try {
      return readingOf(await connection.getStats(), connection.connectionState);
    } catch {
      return null;
    }
  }
}

/**
 * @param {RTCStatsReport} report
 * @param {RTCPeerConnectionState} [state]
 * @returns {LineReading}
 */
export function readingOf(report, state) {
  /** @type {Map<string, Record<string, any>>} */
  const byType = new Map();
  report.forEach((stat) => {
    if (stat.kind && stat.kind !== 'audio') return;
    if (!byType.has(stat.type)) byType.set(stat.type, stat);
  });
  const sent = byType.get('outbound-rtp');
  const received = byType.get('inbound-rtp');
  const reported = byType.get('remote-inbound-rtp');
  const pair = selectedPair(report, byType.get('transport'));
  const here = pair && report.get(pair.localCandidateId);
  const isRelay = here ? here.candidateType === 'relay' : null;
  const rtt = number(reported?.roundTripTime) ?? number(pair?.currentRoundTripTime);
  return {
    at: performance.now(),
    connected: state ? state === 'connected' : null,
    packetsSent: number(sent?.packetsSent),
    packetsReceived: number(received?.packetsReceived),
    lostIn: number(received?.packetsLost),
    lostOut: number(reported?.packetsLost),
    jitterOutMs: milliseconds(reported?.jitter),
    rttMs: rtt === null ? null : rtt * 1000,
    reportedAt: number(reported?.timestamp),
    otherReportedAt: number(byType.get('remote-outbound-rtp')?.remoteTimestamp),
    ownEnergy: number(byType.get('media-source')?.totalAudioEnergy),
    otherEnergy: number(received?.totalAudioEnergy),
    isRelay,
    protocol: text(isRelay ? (here.relayProtocol ?? here.protocol) : here?.protocol),
    networkType: here?.networkType === 'unknown' ? null : text(here?.networkType),
    codec: codecOf(report.get(sent?.codecId)),
  };
}

/**
 * @param {RTCStatsReport} report
 * @param {Record<string, any> | undefined} transport
 * @returns {Record<string, any> | null}
 */
function selectedPair(report, transport) {
  const named = transport?.selectedCandidatePairId;
  if (named) return report.get(named) ?? null;
  /** @type {Record<string, any> | null} */
  let selected = null;
  // Firefox has no `transport`, and marks the pair itself.
  report.forEach((stat) => {
    if (stat.type === 'candidate-pair' && (stat.selected || (stat.nominated && !selected)))
      selected = stat;
  });
  return selected;
}

/**
 * @param {unknown} value
 * @returns {number | null}
 */
function number(value) {
  return typeof value === 'number' && Number.isFinite(value) ? value : null;
}

/** @param {unknown} seconds */
function milliseconds(seconds) {
  const known = number(seconds);
  return known === null ? null : known * 1000;
}

/** @param {unknown} value */
function text(value) {
  return typeof value === 'string' && value ? value : null;
}

/** @param {{ mimeType?: string } | undefined} codec `audio/opus` */
function codecOf(codec) {
  return text(codec?.mimeType?.split('/').at(-1)?.toLowerCase());
}
