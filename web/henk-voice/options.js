/**
 * @typedef {import('./call.js').VoiceCall} VoiceCall
 * @typedef {import('./conversations.js').Conversation} Conversation
 * @typedef {import('./failures.js').Failure} Failure
 *
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
 *
 * @typedef {object} HenkVoiceEvents
 * @property {{ businessId: string, callerId: string | null }} ready calls can be placed now
 * @property {VoiceCall} call a call begins
 * @property {VoiceCall} callchange anything about the call changed
 * @property {VoiceCall} callend the call is over
 * @property {Partial<Conversation> & { id: string }} conversation a conversation of the business
 *   changed: its id, and all columns or only the changed ones
 * @property {undefined} gap changes of conversations may have been missed: read them again
 * @property {import('./ring.js').Ring} incoming the phone rings in this tab
 * @property {import('./incoming.js').PhoneState} phonechange which tab has the phone, whether it can be
 *   rung, or what rings there
 * @property {{ role: import('./people.js').Role | null }} membership which role the user has in the business
 *   that is open, when it is known or changes; null: they are not a member any more
 * @property {{ subject: string | null }} settings settings of the business have changed: read again what you show of
 *   them. `subject` as in the record of changes; null: it is not known which. At once with Realtime and in the tabs of
 *   this browser, else within 3 s, or when somebody looks at the page again
 * @property {Failure} failure calls cannot be placed, and why; the library keeps trying
 * @property {undefined} recovered calls can be placed again
 * @property {Failure} disconnected reads fail, and why; they are tried again (only with `patient`)
 * @property {undefined} connected requests work again: the network is back, or the user has signed in
 * @property {Failure} signedout the session has ended, and somebody has to sign in. A call goes on
 */

export {};
