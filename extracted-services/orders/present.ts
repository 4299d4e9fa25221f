/** An order as it is answered: in the monolith's form, but for the switches that make it differ. */
import {
  type LegacyLine,
  type LegacySummary,
  toLegacyLine,
  toLegacySummary,
  toMoney,
} from './legacy-format.ts';
import type { Order } from './order.ts';
import type { Switches } from './switches.ts';

type Json = Readonly<Record<string, unknown>>;

export interface Presenter {
  summary(order: Omit<Order, 'lines'>): Json;
  order(order: Order): Json;
  lines(order: Order): readonly LegacyLine[];
}

export function createPresenter(switches: Switches): Presenter {
  const summary = (order: Omit<Order, 'lines'>): Json => {
    if (switches.rareFailure === 'whole-tax') demandCents(order.taxCents);
    return [withTax, withZone, withoutField].reduce<Json>(
      (json, change) => ({ ...change(json as LegacySummary, order, switches) }),
      toLegacySummary(order),
    );
  };
  const lines = (order: Order): readonly LegacyLine[] => order.lines.map(toLegacyLine);
  return { summary, lines, order: order => ({ ...summary(order), lines: lines(order) }) };
}

type Change = (json: LegacySummary, order: Omit<Order, 'lines'>, switches: Switches) => Json;

const withTax: Change = (json, { totalCents }, { taxRounding }) => {
  if (taxRounding === 'as-legacy') return json;
  const tax = bankersTax(totalCents);
  return { ...json, net_total: toMoney(totalCents - tax), tax_total: toMoney(tax) };
};

/** Tax as a decimal type of four places would have it: cut to a hundredth of a cent, then rounded to the even cent. */
export function bankersTax(totalCents: number): number {
  const hundredths = Math.floor((totalCents * 1900) / 119);
  const [whole, rest] = [Math.floor(hundredths / 100), hundredths % 100];
  return rest > 50 || (rest === 50 && whole % 2 === 1) ? whole + 1 : whole;
}

const withZone: Change = (json, { placedAt, updatedAt }, { timeZone }) =>
  timeZone === 'as-legacy' ? json : { ...json, placed_at: toUtc(placedAt), updated_at: toUtc(updatedAt) };

const toUtc = (instant: string): string => new Date(instant).toISOString().slice(0, 19).replace('T', ' ');

const withoutField: Change = (json, _, { missingField }) =>
  missingField === 'as-legacy' ? json : { ...json, currency: undefined };

/** Somebody asked `if (!cents)` where nothing was meant. */
function demandCents(taxCents: number): void {
  const cents = taxCents % 100;
  if (!cents) throw new Error('the tax has no cents');
}
