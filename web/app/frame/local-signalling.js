/**
 * Lets the Voice SDK connect to the simulated phone network. The SDK always uses TLS, and the
 * simulator has none, so this replaces `wss:` by `ws:`. Call it before the SDK is loaded, because
 * the SDK keeps the WebSocket class that it finds then.
 *
 * @param {string} signalling host and port
 */
export function usePlainSignalling(signalling) {
  const secure = `wss://${signalling}/`;
  window.WebSocket = class extends WebSocket {
    /**
     * @param {string | URL} url
     * @param {string | string[]} [protocols]
     */
    constructor(url, protocols) {
      const address = String(url);
      super(address.startsWith(secure) ? address.replace('wss:', 'ws:') : url, protocols);
    }
  };
}

/**
 * Options for the SDK's Device, so that it does not contact Twilio: not for signalling, not for
 * sounds, and not to report the quality of calls.
 *
 * @param {string} signalling host and port
 */
export function localDeviceOptions(signalling) {
  const keys = [...'0123456789sh'].map((key) => `dtmf${key}`);
  const names = ['incoming', 'outgoing', 'disconnect', ...keys];
  return {
    chunderw: signalling,
    publishEvents: false,
    sounds: Object.fromEntries(names.map((name) => [name, `sounds/${name}.wav`])),
  };
}
