import { failureOfEndpoint } from './failure-of.js';
import { failure } from './failures.js';
import { isAboutTokenSize } from './no-answer.js';
import { storable } from './texts.js';

/**
 * @typedef {import('./control.js').ControlWish} ControlWish
 * @typedef {import('./failures.js').Failure} Failure
 * @typedef {import('./legs.js').ConversationWithLegs} ConversationWithLegs
 * @typedef {import('./requests.js').Requests} Requests
 * @typedef {import('./requests.js').RequestOptions} RequestOptions
 * @typedef {import('./warnings.js').Warning} Warning
 *
 * @typedef {object} TokenGrant
 * @property {string} token Twilio's access token
 * @property {string} identity
 * @property {string | null} callerId the business's default caller ID
 * @property {string} issuedAt ISO 8601, by the server's clock, in whole seconds
 * @property {string} expiresAt ISO 8601, by the server's clock
 * @property {string} businessId
 *
 * @typedef {object} CallWishes
 * @property {string} to as typed or in E.164; an extension is written as `+14155550100;ext=123`
 * @property {string} [callerId] the business's default if it is missing
 * @property {string} [leadId]
 * @property {string} [campaignId]
 * @property {string} [leaseToken] of the queue's reservation of the lead, which `HenkVoice.queue` has
 *
 * @typedef {object} Preview
 * @property {string | null} blockReason why the call would be refused
 * @property {string | null} message the reason as a sentence
 * @property {string | null} [retryAt] when it may be called, if it is outside the calling hours
 * @property {string} to in E.164; as typed if it is not a phone number
 * @property {string | null} callerId
 * @property {string} twiml
 * @property {string | null} extension digits to dial once the lead has answered
 * @property {string | null} leadId the lead that the call would belong to
 * @property {Warning[]} warnings what to know before the call; `warningSentence()` says each in words
 * @property {RecordingTerms | null} recording null if the call is not to be recorded
 *
 * @typedef {object} RecordingTerms
 * @property {import('./recording-state.js').RecordingMode} mode
 * @property {import('./recording-state.js').ConsentMode} consentMode
 * @property {string | null} notice what the lead hears before they are connected; null if nothing
 *
 * @typedef {object} RecordingAddress where a recording can be played
 * @property {string} id
 * @property {number} part from 1
 * @property {string} url whoever has it can play the recording, until it expires
 * @property {string} expiresAt ISO 8601, by the server's clock
 * @property {number | null} durationSeconds
 * @property {number | null} channels 2: the first is the lead's voice, the second is what they heard
 * @property {string | null} startedAt
 *
 * @typedef {object} NumberReading how a text was read as a phone number
 * @property {string} text
 * @property {string | null} to in E.164
 * @property {string | null} extension
 * @property {'invalid_number' | 'several_numbers' | 'number_type_not_allowed' | null} problem
 * @property {string | null} leftOut what is not part of the number
 * @property {boolean} known whether the list of known numbers has it
 * @property {string | null} country ISO 3166-1 alpha-2
 * @property {string | null} region a state of the US without `US-`
 * @property {string[]} timeZones IANA names of all that the number may be in
 */

/** A file of all calls takes long. The server ends after 100 s, with the file or an error. */
const FILE_MS = 110_000;
/** numbers_fn reads this many texts in one request. */
const MOST_TEXTS = 500;
/** A request must not have more than 64 KB. */
const MOST_BYTES = 50_000;
/** The server reads no number in a text of more than 300 characters, so the rest need not be sent. */
const LONGEST = 2_000;

/** Requests to the endpoints (docs/endpoints.md). Every error is a VoiceError. */
export class Endpoints {
  #requests;
  #url;

  /**
   * @param {Requests} requests
   * @param {string} functionsUrl the address before `/token`, `/twiml` and the others; `{name}` in it
   *   stands for that last part, if each endpoint has a host of its own
   */
  constructor(requests, functionsUrl) {
    this.#requests = requests;
    this.#url = functionsUrl.replace(/\/+$/, '');
  }

  /**
   * @param {string | undefined} businessId
   * @returns {Promise<TokenGrant>}
   */
  async grantToken(businessId) {
    const body = businessId ? { businessId } : {};
    return this.#request('POST', '/token', { body, tries: 'once' });
  }

  /**
   * Asks what would happen to a call. Nothing is placed or written.
   *
   * @param {CallWishes} wishes
   * @param {string | undefined} businessId
   * @param {AbortSignal} [signal]
   * @returns {Promise<Preview>}
   */
  async previewCall(wishes, businessId, signal) {
    const parameters = twimlParameters({ ...wishes, to: wishes.to.slice(0, LONGEST) });
    const body = { ...parameters, ...(businessId && { businessId }) };
    return this.#request('POST', '/twiml', { body, signal, tries: 'twice' });
  }

  /**
   * @param {string} country ISO 3166-1 alpha-2, for numbers without a country code
   * @param {string[]} texts any number of them
   * @param {{ signal?: AbortSignal | undefined, tries?: RequestOptions['tries'] }} [options]
   * @returns {Promise<NumberReading[]>} one for each text, in the same order
   */
  async readNumbers(country, texts, { signal, tries = 'twice' } = {}) {
    /** @type {NumberReading[]} */
    const found = [];
    let from = 0;
    while (from < texts.length) {
      const body = { country, texts: fitting(texts.slice(from, from + MOST_TEXTS)) };
      const { numbers } = await this.#request('POST', '/numbers', { body, signal, tries });
      found.push(...numbers);
      from += body.texts.length;
    }
    return found.map((reading, index) => ({ ...reading, text: texts[index] ?? reading.text }));
  }

  /**
   * @param {string} id
   * @returns {Promise<ConversationWithLegs>}
   */
  async conversation(id) {
    const path = `/status?conversationId=${encodeURIComponent(id)}`;
    return this.#request('GET', path, { tries: 'once' });
  }

  /**
   * Changes a call that is going on. Asking twice does it once.
   *
   * @param {ControlWish & { conversationId: string }} body
   * @returns {Promise<ConversationWithLegs>} as it is afterwards
   */
  async control(body) {
    return this.#request('POST', '/control', { body, tries: 'twice' });
  }

  /**
   * Asks for addresses at which recordings can be played. Each answer is on record as a play.
   *
   * @param {string} conversationId
   * @param {{ recordingId?: string, download?: boolean, signal?: AbortSignal }} [options]
   * @returns {Promise<RecordingAddress[]>} in their order
   */
  async recordings(conversationId, { recordingId, download, signal } = {}) {
    const query = new URLSearchParams({
      conversationId,
      ...(recordingId && { recordingId }),
      ...(download && { download: 'true' }),
    });
    const { recordings } = await this.#request('GET', `/recording?${query}`, {
      signal,
      tries: 'twice',
    });
    return recordings;
  }

  /**
   * @param {URLSearchParams} query which report, of which calls
   * @param {AbortSignal | undefined} signal
   * @returns {Promise<string>} comma-separated values
   */
  async reportFile(query, signal) {
    const path = `/reports?${query}`;
    return this.#request('GET', path, {
      signal,
      tries: 'twice',
      accept: 'text/csv',
      timeoutMs: FILE_MS,
    });
  }

  /**
   * @param {'GET' | 'POST'} method
   * @param {string} path
   * @param {{ body?: object, signal?: AbortSignal | undefined, tries: RequestOptions['tries'], accept?: string, timeoutMs?: number }} options
   *   `accept`: of which type the answer is, if it is not JSON; errors always are
   * @returns {Promise<any>}
   */
  async #request(method, path, { body, signal, tries, accept, timeoutMs }) {
    const [name = ''] = path.slice(1).split('?');
    const url = (this.#url + path).replaceAll('{name}', name);
    return this.#requests.endpoint(
      async (accessToken, abort) => {
        const response = await fetch(url, {
          method,
          headers: {
            accept: accept ? `${accept}, application/json` : 'application/json',
            authorization: `Bearer ${accessToken}`,
            ...(body && { 'content-type': 'application/json' }),
          },
          body: body ? JSON.stringify(storable(body)) : null,
          signal: abort,
        });
        return read(response, accessToken, accept);
      },
      { url, signal, tries, timeoutMs },
    );
  }
}

/**
 * @param {string[]} texts
 * @returns {string[]} the first of them, as many as fit into a request
 */
function fitting(texts) {
  const encoder = new TextEncoder();
  const sent = texts.map((text) => text.slice(0, LONGEST));
  let bytes = 0;
  const tooMany = sent.findIndex((text) => {
    bytes += encoder.encode(JSON.stringify(text)).length + 1;
    return bytes > MOST_BYTES;
  });
  return tooMany < 0 ? sent : sent.slice(0, tooMany);
}

/**
 * The parameters of a call, with the names that twiml_fn reads.
 *
 * @param {CallWishes} wishes
 * @returns {Record<string, string>}
 */
export function twimlParameters({ to, callerId, leadId, campaignId, leaseToken }) {
  return storable({
    To: to,
    ...(callerId && { CallerId: callerId }),
    ...(leadId && { LeadId: leadId }),
    ...(campaignId && { CampaignId: campaignId }),
    ...(leaseToken && { LeaseToken: leaseToken }),
  });
}

/**
 * @param {Response} response
 * @param {string} accessToken that the request carried
 * @param {string} [accept] the type of a text to answer as it is
 * @returns {Promise<import('./requests.js').Answer>}
 */
async function read(response, accessToken, accept) {
  const { ok, status, headers } = response;
  const text = await response.text();
  if (ok && accept && headers.get('Content-Type')?.startsWith(accept)) return { value: text };
  const answer = parsed(text);
  if (ok && answer?.success === true) return { value: answer.data };

  /** @type {Partial<Failure>} */
  const details = { httpStatus: status };
  const requestId = headers.get('X-Request-Id');
  if (requestId) details.requestId = requestId;
  const retryAfter = Number(headers.get('Retry-After'));
  if (retryAfter > 0) details.retryAfter = retryAfter;
  if (answer?.error?.blockReason) details.blockReason = answer.error.blockReason;
  const code = answer?.error?.code;
  if (!code && isAboutTokenSize(status, accessToken)) {
    return { cause: failure('access_token_too_large', details) };
  }
  // The session may have expired by the clock of whoever answers for the server.
  if (!code && status === 401) return { cause: failure('unauthenticated', details) };
  if (!code) {
    details.message = `The server answered with status ${status}, and not as this page expects.`;
  }
  return { cause: failureOfEndpoint(code ?? '', details) };
}

/** @param {string} text */
function parsed(text) {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
