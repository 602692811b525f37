/**
 * An e-mail address as Supabase Auth keeps it: without blanks around it, and with the domain in ASCII, which
 * Chrome writes into its fields and Firefox does not. The part before the `@` stays as it is.
 *
 * @param {string} text
 * @returns {string} `ada@xn--mller-kva.example` for `ada@müller.example`; what is not an address stays as it is
 */
export function emailAddress(text) {
  const address = text.trim();
  const [name, domain, ...rest] = address.split('@');
  if (!name || !domain || rest.length || !/^[\p{L}\p{M}\p{N}.-]+$/u.test(domain)) return address;
  // It may be a domain that nobody can have.
  const url = URL.canParse(`http://${domain}`) ? new URL(`http://${domain}`) : null;
  // Numbers become the address of a machine.
  return url && !/^[\d.]+$/.test(url.hostname) ? `${name}@${url.hostname}` : address;
}
