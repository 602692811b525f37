/**
 * @typedef {'name' | 'first_name' | 'last_name' | 'company' | 'phone_number' | 'email' | 'time_zone'} LeadField
 * @typedef {Record<LeadField, number | null>} LeadColumns for each field the column of the file, from 0; null
 *   if the file has none
 */

/** How many rows show what a column holds. */
const SAMPLE = 200;

/**
 * What the titles of columns are called, as whole words without accents; the surest first.
 *
 * @type {Record<LeadField, RegExp[]>}
 */
const TITLES = {
  first_name: [
    /^(first|given|fore) ?names?$|^(vorname|prenom|voornaam|primeiro nome|nombre de pila)$/,
  ],
  last_name: [
    /^(last|family|sur) ?name$|^(nachname|familienname|apellidos?|cognome|sobrenome|achternaam)$/,
    /^nom( de famille)?$/,
  ],
  name: [
    /^(full ?name|name|contact ?name|lead ?name|display ?name|nom complet|nombre( completo)?|nome( completo)?|naam)$/,
    /^(contact|lead|person|customer|client|kunde|ansprechpartner|contacto|contatto)( name)?$/,
    /\b(name|naam|nombre|nome)\b/,
  ],
  company: [
    /^(company|organi[sz]ation|firma|unternehmen|empresa|societe|entreprise|azienda|bedrijf)( name)?$/,
    /\b(company|organi[sz]ation|firma|unternehmen|empresa|societe|entreprise|azienda|bedrijf|employer)\b/,
    /^(account|business)( name)?$/,
  ],
  phone_number: [
    /^((tele)?phone|telefon|telefono|telefone|tel|mobile|mobil|cell|handy|movil|celular|gsm|rufnummer)( ?(number|no|nr|nummer|numero|\d+))?$/,
    /^(numero de telephone|numero de telefono|telefonnummer|handynummer|mobilnummer|telefoonnummer|msisdn)$/,
    /\b((cell|mobile)?phone|telephone|telefon\w*|telefoon\w*|tel|mobil\w*|cell|handy\w*|movil|celular|portable|rufnummer|whatsapp)\b/,
    /^(number|nummer|numero)$/,
  ],
  email: [/^(e ?mail|mail)( ?(address|adresse))?( \d+)?$/, /\b(e ?mail|correo|courriel)\b/],
  time_zone: [/^(time ?zone|tz|zeitzone|fuseau horaire|zona horaria|fuso horario|tijdzone)$/],
};

/** A value of such a column is not a phone number, whatever it looks like. */
const NO_NUMBER =
  /\b(fax|telefax|id|zip|postcode|plz|date|datum|extension|ext|country|label|type)\b/;

/**
 * Guesses what the columns of a file hold, by their titles and by what stands in them.
 *
 * @param {readonly { cells: string[] }[]} rows all rows of the file
 * @returns {{ hasTitles: boolean, columns: LeadColumns }}
 */
export function guessColumns(rows) {
  const [first, ...rest] = rows.slice(0, SAMPLE + 1).map(({ cells }) => cells);
  const titles = (first ?? []).map(plain);
  const isData = (first ?? []).some((cell) => looksLikeNumber(cell) || looksLikeEmail(cell));
  const byTitle = isData ? none() : matchTitles(titles);
  const hasTitle = Object.values(byTitle).some((column) => column !== null);
  const sample = isData ? [first ?? [], ...rest] : rest;
  const hasTitles = !isData && (hasTitle || sample.some((cells) => cells.some(looksLikeNumber)));

  const columns = byTitle;
  const taken = () => new Set(Object.values(columns));
  const width = Math.max(0, ...sample.map((cells) => cells.length), titles.length);
  const pick = (/** @type {(cell: string) => boolean} */ fits) =>
    best(
      sample,
      width,
      (column) => !taken().has(column) && !NO_NUMBER.test(titles[column] ?? ''),
      fits,
    );
  columns.phone_number = fullest(sample, titles, columns.phone_number) ?? pick(looksLikeNumber);
  columns.email ??= pick(looksLikeEmail);
  columns.time_zone ??= pick(isTimeZone);
  if (columns.name === null && columns.first_name === null && columns.last_name === null) {
    columns.name = pick((cell) => /\p{L}{2}/u.test(cell) && !looksLikeEmail(cell));
  }
  return { hasTitles, columns };
}

/**
 * Of several columns with numbers, the one in which most rows have one.
 *
 * @param {string[][]} sample
 * @param {string[]} titles
 * @param {number | null} chosen
 */
function fullest(sample, titles, chosen) {
  if (chosen === null) return null;
  const filled = (/** @type {number} */ column) =>
    sample.filter((cells) => looksLikeNumber(cells[column] ?? '')).length;
  const candidates = titles.flatMap((title, column) =>
    TITLES.phone_number.some((pattern) => pattern.test(title)) && !NO_NUMBER.test(title)
      ? [column]
      : [],
  );
  return candidates.reduce((one, other) => (filled(other) > filled(one) ? other : one), chosen);
}

/**
 * @param {string[][]} sample
 * @param {number} width
 * @param {(column: number) => boolean} isFree
 * @param {(cell: string) => boolean} fits
 * @returns {number | null} the column most of whose cells fit
 */
function best(sample, width, isFree, fits) {
  let found = null;
  let most = 0;
  for (let column = 0; column < width; column += 1) {
    if (!isFree(column)) continue;
    const filled = sample.map((cells) => (cells[column] ?? '').trim()).filter(Boolean);
    const share = filled.filter(fits).length / (filled.length || 1);
    if (share > most && share > 0.5) [found, most] = [column, share];
  }
  return found;
}

/**
 * @param {string[]} titles in plain words
 * @returns {LeadColumns}
 */
function matchTitles(titles) {
  const columns = none();
  const taken = new Set();
  const fields = /** @type {LeadField[]} */ (Object.keys(TITLES));
  const mostSure = Math.max(...fields.map((field) => TITLES[field].length));
  for (let sureness = 0; sureness < mostSure; sureness += 1) {
    for (const field of fields) {
      const pattern = TITLES[field][sureness];
      if (columns[field] !== null || !pattern) continue;
      const column = titles.findIndex(
        (title, place) =>
          !taken.has(place) &&
          pattern.test(title) &&
          !(field === 'phone_number' && NO_NUMBER.test(title)),
      );
      if (column < 0) continue;
      columns[field] = column;
      taken.add(column);
    }
  }
  // A French file without first names has whole names in "nom".
  if (columns.first_name === null && columns.name === null && columns.last_name !== null) {
    columns.name = columns.last_name;
    columns.last_name = null;
  }
  if (columns.first_name !== null && columns.last_name !== null) columns.name = null;
  return columns;
}

/** @returns {LeadColumns} */
function none() {
  return {
    name: null,
    first_name: null,
    last_name: null,
    company: null,
    phone_number: null,
    email: null,
    time_zone: null,
  };
}

/** @param {string} title */
function plain(title) {
  return title
    .normalize('NFKD')
    .replace(/\p{M}/gu, '')
    .toLowerCase()
    .replace(/[^\p{L}\p{N}]+/gu, ' ')
    .trim();
}

/** @param {string} cell */
function looksLikeNumber(cell) {
  const text = cell.trim();
  if (!/^[+'"=(]*[\d(][\d\s().\-/'"]*(e\+?\d+)?(\s*(x|ext\.?)\s*\d+)?["']?$/i.test(text))
    return false;
  if (/^\d{4}-\d\d-\d\d|^\d{1,2}[./-]\d{1,2}[./-]\d{2,4}$/.test(text)) return false;
  const digits = text.replace(/\D/g, '').length;
  return digits >= 7 && digits <= 20;
}

/** @param {string} cell */
export function looksLikeEmail(cell) {
  return /^[^\s@<>]+@[^\s@<>]+\.[^\s@<>.]+$/.test(cell.trim());
}

/**
 * @param {string} cell
 * @returns {boolean} whether it is an IANA name that has a place: the database knows no others
 */
export function isTimeZone(cell) {
  if (!/^[A-Za-z_]+(\/[A-Za-z0-9_+-]+)+$/.test(cell)) return false;
  try {
    return Boolean(new Intl.DateTimeFormat('en', { timeZone: cell }));
  } catch {
    return false;
  }
}
