/**
 * @typedef {import('./line-faults.js').LineFault} LineFault
 * @typedef {import('./line-faults.js').LineFaultCode} LineFaultCode
 *
 * @typedef {'browser' | 'permission' | 'microphone' | 'speaker' | 'clock' | 'token' | 'signalling'
 *   | 'audio' | 'line'} CheckStepName
 * @typedef {'waiting' | 'running' | 'ok' | 'warning' | 'bad' | 'skipped'} CheckStepState
 *
 * @typedef {object} CheckStep
 * @property {CheckStepName} name
 * @property {CheckStepState} state
 * @property {string} text what was found, as a sentence; empty while it waits
 * @property {string[]} details figures and names, for who wants them
 *
 * @typedef {object} Finding what a step has found
 * @property {Exclude<CheckStepState, 'waiting' | 'running'>} state
 * @property {string} text
 * @property {string[]} [details]
 * @property {LineFault} [fault] why its state is `bad`
 *
 * @typedef {'good' | 'fair' | 'poor'} LineGrade
 *
 * @typedef {object} CheckFacts what was found, without addresses and ids; null if it is not known
 * @property {string | null} browser
 * @property {string | null} os
 * @property {'granted' | 'denied' | 'prompt' | null} permission
 * @property {string | null} microphone its label
 * @property {string | null} speaker its label
 * @property {number | null} microphones how many there are
 * @property {number | null} speakers
 * @property {number | null} microphonePeak the loudest that the microphone gave, in dBFS: 0 is the loudest
 *   that it can give, -100 is nothing
 * @property {boolean | null} speakerHeard whether the person heard the test
 * @property {number | null} clockOffsetSeconds by how much this device's clock is ahead
 * @property {number | null} signallingMs until the phone network took the Device
 * @property {number | null} audioMs from then on until sound could flow
 * @property {string | null} edge where the phone network was reached
 * @property {string | null} codec
 * @property {boolean | null} isRelay whether the sound goes through a relay (TURN)
 * @property {string | null} protocol of the sound: `udp`, `tcp` or `tls`
 * @property {string | null} networkType as the browser names it, for example `wifi`
 * @property {number | null} samples how many seconds were measured
 * @property {number | null} mos the mean opinion score, 1 to 4.5
 * @property {number | null} lossIn percent
 * @property {number | null} lossOut percent
 * @property {number | null} jitterMs
 * @property {number | null} rttMs the round trip
 * @property {number | null} kbpsIn
 * @property {number | null} kbpsOut
 * @property {number | null} sdkCode the Voice SDK's code of what failed
 *
 * @typedef {object} CheckResult
 * @property {'ok' | LineFaultCode} verdict
 * @property {LineGrade | null} grade null if the line was not measured
 * @property {LineFault | null} fault the verdict in words
 * @property {CheckFacts} facts
 * @property {CheckStep[]} steps as they were at the end
 * @property {Date} startedAt
 * @property {number} seconds how long it took
 * @property {string | null} callSid of the test call, which rings nobody
 * @property {string[]} warnings the SDK's, by name
 * @property {boolean} isQuiet whether it was `quiet()`, which opens no microphone and places no call
 *
 * @typedef {'call' | 'person' | 'closed'} StopReason a call began or rings; the person, or the page, stopped it
 */

export {};
