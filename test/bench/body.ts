/** The answer of every upstream here: JSON of exactly 1 KiB. */
export const body = (() => {
  const item = { id: 42, name: 'A pair of garden shears', price: 24.5, inStock: true, note: '' };
  const missing = 1024 - JSON.stringify(item).length;
  return JSON.stringify({ ...item, note: 'figs and branches '.repeat(60).slice(0, missing) });
})();

/** The same JSON in other bytes. */
export const respelled = body.replaceAll('":', '": ');
