import { h } from './dom.js';

/** Shown where nothing is known. */
export const none = '–';

const whole = new Intl.NumberFormat('en-GB', { maximumFractionDigits: 0 });

/** `12,345` */
export const count = number => whole.format(number);

/** `1 request`, `12 requests` */
export const counted = (number, noun) => `${count(number)} ${noun}${number === 1 ? '' : 's'}`;

/** A share as percent: never 100 % where something is missing, never 0 % where something is there. */
export function percent(share, digits = 1) {
  if (share === null || share === undefined) return none;
  const step = 10 ** -digits;
  if (share > 0 && share * 100 < step) return `< ${step} %`;
  if (share < 1 && share * 100 > 100 - step) return `> ${100 - step} %`;
  return `${Number((share * 100).toFixed(digits))} %`;
}

/** `12 ms`, `1.4 s` */
export function duration(ms) {
  if (ms === null || ms === undefined) return none;
  if (ms < 1000) return `${ms < 10 ? Number(ms.toPrecision(2)) : Math.round(ms)} ms`;
  if (ms < 120_000) return `${Number((ms / 1000).toPrecision(3))} s`;
  return ms < 7_200_000 ? `${Math.round(ms / 60_000)} min` : `${Math.round(ms / 3_600_000)} h`;
}

const day = new Intl.DateTimeFormat('en-GB', {
  day: 'numeric',
  month: 'short',
  hour: '2-digit',
  minute: '2-digit',
});
const year = new Intl.DateTimeFormat('en-GB', { day: 'numeric', month: 'short', year: 'numeric' });

const exact = new Intl.DateTimeFormat('en-GB', { dateStyle: 'medium', timeStyle: 'long' });

/** How long ago, or when where that is a day or more; the exact time is in its title. */
export function time(iso) {
  if (iso === null || iso === undefined) return none;
  const at = new Date(iso);
  if (Number.isNaN(at.getTime())) return none;
  return h('time', { datetime: iso, title: exact.format(at) }, whenText(at.getTime(), Date.now()));
}

const isoTimes = /(\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(?:\.\d{1,9})?Z)/;

/** A sentence of the gateway, the times in it as `time` says them. */
export const prose = text =>
  String(text)
    .split(isoTimes)
    .map((part, at) => (at % 2 === 1 ? time(part) : part));

function whenText(at, now) {
  const minutes = Math.round(Math.abs(now - at) / 60_000);
  if (minutes >= 24 * 60) return (minutes > 300 * 24 * 60 ? year : day).format(at);
  const long = minutes < 60 ? `${minutes} min` : `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
  if (minutes < 1) return at > now ? 'in a moment' : 'just now';
  return at > now ? `in ${long}` : `${long} ago`;
}
