/**
 * @typedef {object} HenkVoiceOptions
 * @property {typeof import('@twilio/voice-sdk').Device} Device of `@twilio/voice-sdk`
 * @property {import('@supabase/supabase-js').SupabaseClient} supabase a client that is signed in
 * @property {string} functionsUrl the address before `/token`, `/twiml` and the others; for
 *   example `/api/twilio` if the page's own host routes to the functions
 * @property {import('@twilio/voice-sdk').Device.Options & Record<string, unknown>} [deviceOptions]
 *   for the SDK's Device
 * @property {boolean} [realtime] false if the project has no Supabase Realtime
 * @property {boolean} [patient] true if reads wait until the network, or the user's session, is back;
 *   otherwise they fail after a second try
 * @property {number} [connectTimeoutMs] when a call that does not reach the phone network is given up;
 *   15,000 by default
 * @property {number} [progressTimeoutMs] when a call that neither rings nor is answered is given up;
 *   45,000 by default
 */

export {};
