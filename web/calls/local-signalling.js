/**
 * The phone network of the local stack in Twilio's place. It speaks no TLS, and the SDK nothing
 * else, so its socket is opened plain; this has to happen before the SDK is loaded, which keeps
 * the WebSocket it finds.
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
 * Options for the SDK's Device that keep everything on this machine: signalling, the sounds that it
 * would fetch from Twilio, and the call quality events that it would report there.
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
