/**
 * Who calls, and for which business: what the parts of the page share.
 *
 * @typedef {object} Workspace
 * @property {import('../henk-voice/henk-voice.js').HenkVoice} voice
 * @property {string} userId
 * @property {import('../henk-voice/henk-voice.js').Business} business the one that is chosen
 */

export {};
