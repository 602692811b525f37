import { keepTrying } from './keep-trying.js';

/**
 * @typedef {object} Vendor
 * @property {typeof import('@twilio/voice-sdk').Device} Device
 * @property {typeof import('@supabase/supabase-js').createClient} createClient
 */

/** @returns {Promise<Vendor>} the Voice SDK and supabase-js, which are classic scripts and not modules */
export async function loadVendor() {
  const sources = ['twilio.min.js', 'supabase.js'];
  await Promise.all(sources.map((source) => keepTrying(() => loadScript(source))));
  const { Twilio, supabase } = /** @type {any} */ (window);
  return { Device: Twilio.Device, createClient: supabase.createClient };
}

/**
 * @param {string} name of a file of `vendor/`, which is beside the folders of the page
 * @returns {Promise<void>}
 */
export function loadScript(name) {
  const source = new URL(`../vendor/${name}`, import.meta.url).href;
  return new Promise((resolve, reject) => {
    const script = document.createElement('script');
    script.src = source;
    script.onload = () => resolve();
    script.onerror = () => reject(new Error(`${source} cannot be loaded`));
    document.head.append(script);
  });
}
