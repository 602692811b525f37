import assert from 'node:assert/strict';
import { test } from 'node:test';
import { LineStats, readingOf } from './line-stats.js';

const CHROME = [
  { id: 'T', type: 'transport', selectedCandidatePairId: 'P2' },
  { id: 'P1', type: 'candidate-pair', localCandidateId: 'L1', nominated: true },
  { id: 'P2', type: 'candidate-pair', localCandidateId: 'L2', currentRoundTripTime: 0.2 },
  {
    id: 'L1',
    type: 'local-candidate',
    candidateType: 'host',
    protocol: 'udp',
    address: '10.1.1.1',
  },
  {
    id: 'L2',
    type: 'local-candidate',
    candidateType: 'relay',
    protocol: 'udp',
    relayProtocol: 'tls',
    networkType: 'wifi',
    address: '203.0.113.7',
  },
  { id: 'C', type: 'codec', mimeType: 'audio/opus' },
  { id: 'O', type: 'outbound-rtp', kind: 'audio', codecId: 'C', packetsSent: 500 },
  {
    id: 'I',
    type: 'inbound-rtp',
    kind: 'audio',
    packetsReceived: 480,
    packetsLost: 20,
    totalAudioEnergy: 1.5,
  },
  {
    id: 'R',
    type: 'remote-inbound-rtp',
    kind: 'audio',
    timestamp: 1700,
    packetsLost: 30,
    jitter: 0.012,
    roundTripTime: 0.08,
  },
  { id: 'X', type: 'remote-outbound-rtp', kind: 'audio', remoteTimestamp: 1800 },
  { id: 'S', type: 'media-source', kind: 'audio', totalAudioEnergy: 0 },
];

/** @param {object[]} stats */
function report(stats) {
  return new Map(stats.map((stat) => [stat.id, stat]));
}

test('a reading has what the other side reports, and the way of the packets, without addresses', () => {
  const { at, ...reading } = readingOf(report(CHROME), 'connected');
  assert.equal(typeof at, 'number');
  assert.deepEqual(reading, {
    connected: true,
    packetsSent: 500,
    packetsReceived: 480,
    lostIn: 20,
    lostOut: 30,
    jitterOutMs: 12,
    rttMs: 80,
    reportedAt: 1700,
    otherReportedAt: 1800,
    ownEnergy: 0,
    otherEnergy: 1.5,
    isRelay: true,
    protocol: 'tls',
    networkType: 'wifi',
    codec: 'opus',
  });
  assert.ok(!JSON.stringify(reading).includes('203.0.113.7'));
});

test('Firefox marks the pair itself', () => {
  const pair = { id: 'P2', type: 'candidate-pair', localCandidateId: 'L2', selected: true };
  const others = CHROME.filter(({ id }) => !['T', 'P2'].includes(id));
  assert.equal(readingOf(report([...others, pair])).isRelay, true);
});

test('before the connection is made nothing is known, and nothing is invented', () => {
  const reading = readingOf(report([]), 'connecting');
  assert.equal(reading.connected, false);
  const known = Object.entries(reading).filter(([, value]) => value !== null);
  assert.deepEqual(known.map(([name]) => name).sort(), ['at', 'connected']);
});

test('the newest connection is read, and one that is closed is not', async () => {
  class Connection {
    connectionState = 'connected';
    getStats = async () => report(CHROME);
  }
  const line = new LineStats();
  assert.equal(await line.read(), null);
  const Remembered = line.peerConnectionClass(Connection);
  const connection = new Remembered();
  assert.ok(connection instanceof Connection);
  assert.equal((await line.read())?.codec, 'opus');
  connection.connectionState = 'closed';
  assert.equal(line.isOpen, false);
  assert.equal(await line.read(), null);
  assert.equal(new LineStats().peerConnectionClass(), undefined);
});
