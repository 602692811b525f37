import { VoiceError, failure, failureOfEndpoint } from './failures.js';

/**
 * @typedef {import('@supabase/supabase-js').SupabaseClient} SupabaseClient
 * @typedef {import('./conversations.js').Conversation} Conversation
 * @typedef {import('./failures.js').Failure} Failure
 *
 * @typedef {object} TokenGrant
 * @property {string} token Twilio's access token
 * @property {string} identity
 * @property {string | null} callerId the business's default
 * @property {string} expiresAt by the server's clock
 * @property {string} businessId
 *
 * @typedef {object} CallWishes
 * @property {string} to as typed, or E.164
 * @property {string} [callerId] the business's default where it is absent
 * @property {string} [leadId]
 * @property {string} [campaignId]
 *
 * @typedef {object} Preview
 * @property {string | null} blockReason why the call would be refused
 * @property {string | null} message the same in words
 * @property {string} to E.164, or what was typed where it is no number
 * @property {string | null} callerId
 * @property {string} twiml
 */

const TIMEOUT_MS = 15_000;

/** The functions, as docs/endpoints.md has them. Whatever goes wrong is thrown as a VoiceError. */
export class Endpoints {
  #supabase;
  #url;

  /**
   * @param {SupabaseClient} supabase
   * @param {string} functionsUrl under which `/token`, `/twiml` and `/status` are
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
   * What would become of a call. Nothing is placed or written.
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
      // Revoked, or by the server's clock expired already.
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
 * The parameters of a call as twiml_fn reads them.
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
