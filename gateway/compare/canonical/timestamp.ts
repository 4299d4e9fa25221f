/** Points in time as text, without a clock: ISO 8601 (RFC 3339), HTTP dates (RFC 9110 §5.6.7) and mail dates (RFC 5322). */

const iso =
  /^(\d{4})-(\d\d)-(\d\d)(?:[T ](\d\d):(\d\d)(?::(\d\d)(?:[.,](\d{1,9}))?)?(?:\s?(Z|[+-]\d\d(?::?\d\d)?))?)?$/i;
const mail =
  /^(?:[A-Z][a-z]{2,8},?\s+)?(\d{1,2})[ -]([A-Z][a-z]{2})[ -](\d{4}|\d\d)\s+(\d\d):(\d\d)(?::(\d\d))?\s*(GMT|UTC?|Z|[+-]\d{4})?$/;
const asctime = /^[A-Z][a-z]{2} ([A-Z][a-z]{2}) {1,2}(\d{1,2}) (\d\d):(\d\d):(\d\d) (\d{4})$/;
const months = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];

/** Longest text that can be one. */
const maxLength = 45;

/** Milliseconds since 1970, with fractions; a time without a zone counts as UTC. Undefined for anything else. */
export function parseTimestamp(text: string): number | undefined {
  if (text.length > maxLength || text.length < 10) return undefined;
  const first = text.charCodeAt(0);
  return first >= 0x30 && first <= 0x39 ? (ofIso(text) ?? ofMail(text)) : (ofMail(text) ?? ofAsctime(text));
}

function ofIso(text: string): number | undefined {
  const found = iso.exec(text);
  if (found === null) return undefined;
  const [, year, month, day, hour = '0', minute = '0', second = '0', fraction = '', zone] = found;
  const whole = toTime([year, Number(month) - 1, day, hour, minute, second].map(Number), zone);
  return whole === undefined ? undefined : whole + Number(`0.${fraction || 0}`) * 1000;
}

function ofMail(text: string): number | undefined {
  const found = mail.exec(text);
  if (found === null) return undefined;
  const [, day, month = '', year = '', hour, minute, second = '0', zone] = found;
  // RFC 6265 §5.1.1: two digits are of this century up to 69.
  const century = year.length === 4 ? 0 : Number(year) < 70 ? 2000 : 1900;
  const fields = [Number(year) + century, months.indexOf(month), day, hour, minute, second];
  return toTime(fields.map(Number), zone);
}

function ofAsctime(text: string): number | undefined {
  const found = asctime.exec(text);
  if (found === null) return undefined;
  const [, month = '', day, hour, minute, second, year] = found;
  return toTime([year, months.indexOf(month), day, hour, minute, second].map(Number), undefined);
}

/** Undefined where the calendar or the clock has no such time; 60 is a leap second. */
function toTime(fields: readonly number[], zone: string | undefined): number | undefined {
  const [year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0] = fields;
  if (month < 0 || month > 11 || day < 1 || hour > 24 || minute > 59 || second > 60) return undefined;
  const start = Date.UTC(year, month, day);
  if (new Date(start).getUTCDate() !== day) return undefined;
  return start + ((hour * 60 + minute) * 60 + second) * 1000 - offsetOf(zone) * 60_000;
}

/** Minutes east of Greenwich. */
function offsetOf(zone: string | undefined): number {
  const found = /^([+-])(\d\d):?(\d\d)?$/.exec(zone ?? '');
  if (found === null) return 0;
  const minutes = Number(found[2]) * 60 + Number(found[3] ?? 0);
  return found[1] === '-' ? -minutes : minutes;
}
