import { failureOfEndpoint } from './failure-of.js';
import { VoiceError, failure } from './failures.js';

/**
 * @typedef {import('@supabase/supabase-js').SupabaseClient} SupabaseClient
 * @typedef {import('./conversations.js').Conversation} Conversation
 * @typedef {import('./failures.js').Failure} Failure
 *
 * @typedef {object} TokenGrant
 * @property {string} token Twilio's access token
 * @property {string} identity
 * @property {string | null} callerId the business's default caller ID
 * @property {string} expiresAt ISO 8601, by the server's clock
 * @property {string} businessId
 *
 * @typedef {object} CallWishes
 * @property {string} to as typed or in E.164
 * @property {string} [callerId] the business's default if it is missing
 * @property {string} [leadId]
 * @property {string} [campaignId]
 *
 * @typedef {object} Preview
 * @property {string | null} blockReason why the call would be refused
 * @property {string | null} message the reason as a sentence
 * @property {string} to in E.164; as typed if it is not a phone number
 * @property {string | null} callerId
 * @property {string} twiml
 */

const TIMEOUT_MS = 15_000;

/** Requests to the endpoints (docs/endpoints.md). Every error is a VoiceError. */
export class Endpoints {
  #supabase;
  #url;

  /**
   * @param {SupabaseClient} supabase
   * @param {string} functionsUrl the address before `/token`, `/twiml` and `/status`
   */
  constructor(supabase, functionsUrl) {
    this.#supabase = supabase;
    this.#url = functionsUrl.replace(/\/+$/, '');
  }

  /**
   * @param {string | undefined} businessId
   * @returns {Promise<TokenGrant>}
   */
  async grantToken(businessId) {
    return /** @type {TokenGrant} */ (
      await this.#request('POST', '/token', { body: businessId ? { businessId } : {} })
    );
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
    const body = { ...twimlParameters(wishes), ...(businessId && { businessId }) };
    return /** @type {Preview} */ (await this.#request('POST', '/twiml', { body, signal }));
  }

  /**
   * @param {string} id
   * @returns {Promise<Conversation>}
   */
  async conversation(id) {
    const path = `/status?conversationId=${encodeURIComponent(id)}`;
    return /** @type {Conversation} */ (await this.#request('GET', path));
  }

  /**
   * @param {'GET' | 'POST'} method
   * @param {string} path
   * @param {{ body?: object, signal?: AbortSignal | undefined }} [options]
   * @returns {Promise<unknown>}
   */
  async #request(method, path, { body, signal } = {}) {
    let response = await this.#send(method, path, await this.#accessToken(), body, signal);
    if (response.status === 401) {
      // The session was revoked, or the token has expired by the server's clock.
      const { data } = await this.#supabase.auth.refreshSession();
      if (data.session) {
        response = await this.#send(method, path, data.session.access_token, body, signal);
      }
    }
    return read(response);
  }

  async #accessToken() {
    const { data } = await this.#supabase.auth.getSession();
    if (!data.session) throw new VoiceError(failure('unauthenticated'));
    return data.session.access_token;
  }

  /**
   * @param {string} method
   * @param {string} path
   * @param {string} accessToken
   * @param {object | undefined} body
   * @param {AbortSignal | undefined} signal
   */
  async #send(method, path, accessToken, body, signal) {
    const controller = new AbortController();
    const timer = setTimeout(() => controller.abort(), TIMEOUT_MS);
    const abort = () => controller.abort();
    signal?.addEventListener('abort', abort);
    try {
      return await fetch(this.#url + path, {
        method,
        headers: {
          accept: 'application/json',
          authorization: `Bearer ${accessToken}`,
          ...(body && { 'content-type': 'application/json' }),
        },
        body: body ? JSON.stringify(body) : null,
        signal: controller.signal,
      });
    } catch {
      throw new VoiceError(failure('unreachable'));
    } finally {
      clearTimeout(timer);
      signal?.removeEventListener('abort', abort);
    }
  }
}

/**
 * The parameters of a call, with the names that twiml_fn reads.
 *
 * @param {CallWishes} wishes
 * @returns {Record<string, string>}
 */
export function twimlParameters({ to, callerId, leadId, campaignId }) {
  return {
    To: to,
    ...(callerId && { CallerId: callerId }),
    ...(leadId && { LeadId: leadId }),
    ...(campaignId && { CampaignId: campaignId }),
  };
}

/**
 * @param {Response} response
 * @returns {Promise<unknown>}
 */
async function read(response) {
  const answer = await response.json().catch(() => null);
  if (response.ok && answer?.success === true) return answer.data;

  /** @type {Partial<Failure>} */
  const details = { httpStatus: response.status };
  const requestId = response.headers.get('X-Request-Id');
  if (requestId) details.requestId = requestId;
  const retryAfter = Number(response.headers.get('Retry-After'));
  if (retryAfter > 0) details.retryAfter = retryAfter;
  throw new VoiceError(failureOfEndpoint(answer?.error?.code ?? '', details));
}
