const steps = { ArrowDown: 1, ArrowUp: -1 };

/** In a table whose rows are links, arrows, Home and End go from row to row. */
export function stepThroughRows(event) {
  const link = event.target.closest?.('[data-rows] tr > :first-child a');
  if (link === null || link === undefined || event.altKey || event.ctrlKey || event.metaKey) return;
  const links = [...link.closest('[data-rows]').querySelectorAll('tr > :first-child a')];
  const at = links.indexOf(link);
  const next =
    { Home: 0, End: links.length - 1 }[event.key] ?? (event.key in steps ? at + steps[event.key] : undefined);
  if (next === undefined || links[next] === undefined) return;
  event.preventDefault();
  links[next].focus();
}
