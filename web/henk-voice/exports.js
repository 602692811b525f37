/** What the package exports besides `HenkVoice` and the types. */

export { failureOfSignIn } from './auth-failures.js';
export { blockReasonSentence } from './block-reasons.js';
export { LIMITS, settingProblems } from './business-settings.js';
export { FINAL_STATUSES, LIVE_STATUSES, isOver } from './call-statuses.js';
export { STEP_NAMES, reportText } from './check-report.js';
export { timestamp } from './conversations.js';
export { COUNTRIES, isCountry } from './countries.js';
export { ENCODINGS } from './csv-encoding.js';
export { csvText } from './csv.js';
export { emailAddress } from './email-address.js';
export { forbiddenColumns } from './do-not-call-plan.js';
export { failureOf } from './failure-of.js';
export { VoiceError, failure } from './failures.js';
export { wilson } from './interval.js';
export { readLeadFile } from './lead-file.js';
export { LINE_FAULTS, isLineFaultCode, lineFault } from './line-faults.js';
export { METRICS } from './metrics.js';
export { qualityFacts, qualityText } from './quality-text.js';
export { steadyFetch } from './steady-fetch.js';
export { twilioError } from './twilio-errors.js';
export { warningSentence } from './warnings.js';
