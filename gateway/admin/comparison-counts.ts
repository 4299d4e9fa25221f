import type { Clock } from '../core/clock.ts';
import type { Events } from '../core/events.ts';
import type { Outcome } from '../core/outcome.ts';

/** Milliseconds between two tellings. */
export const tellingPause = 1000;

export type OutcomeCounts = Readonly<Partial<Record<Outcome, number>>>;

/**
 * Outcomes of comparisons by route, told together and at most once a second: there may be thousands of them.
 * @param listener `isThere`: whether anybody hears it; what nobody hears is not counted
 */
export function gatherComparisons(
  { events, clock }: { readonly events: Events; readonly clock: Clock },
  listener: { isThere(): boolean; tell(route: string, counts: OutcomeCounts): void },
): void {
  const routes = new Map<string, Partial<Record<Outcome, number>>>();

  function tellAll(): void {
    for (const [route, counts] of routes) listener.tell(route, counts);
    routes.clear();
  }

  events.on('compared', ({ route: { name }, outcome, count }) => {
    if (!listener.isThere()) return;
    if (routes.size === 0) clock.after(tellingPause, tellAll);
    const counts = routes.get(name) ?? {};
    counts[outcome] = (counts[outcome] ?? 0) + count;
    routes.set(name, counts);
  });
}
