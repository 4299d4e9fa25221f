import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';

const sheet = readFileSync(
  join(import.meta.dirname, '../../../gateway/admin/dashboard/web/style.css'),
  'utf8',
);

function paletteOf(text: string): ReadonlyMap<string, string> {
  return new Map(
    [...text.matchAll(/--([\w-]+): (#[0-9a-f]{6});/g)].map(([, name = '', colour = '']) => [name, colour]),
  );
}

const [light = '', dark = ''] = [...sheet.matchAll(/:root \{([^}]*)\}/g)].map(([, body = '']) => body);
const palettes = { light: paletteOf(light), dark: paletteOf(dark) };

/** WCAG 2.2, relative luminance. */
function luminance(colour: string): number {
  const [red = 0, green = 0, blue = 0] = [1, 3, 5]
    .map(at => Number.parseInt(colour.slice(at, at + 2), 16) / 255)
    .map(part => (part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4));
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}

function contrast(one: string, other: string): number {
  const [lighter = 0, darker = 0] = [luminance(one), luminance(other)].sort((a, b) => b - a);
  return (lighter + 0.05) / (darker + 0.05);
}

/** What is read stands out by 4.5, what is only seen by 3. */
const texts = [
  ...['text', 'muted', 'accent', 'bad', 'good', 'warn'].flatMap(text => [
    [text, 'bg'],
    [text, 'panel'],
  ]),
  ['on-accent', 'accent'],
  ['good', 'good-bg'],
  ['warn', 'warn-bg'],
  ['bad', 'bad-bg'],
  ['on-mark', 'mark'],
  ['bg', 'text'],
];
const shapes = ['edge', 'service', 'legacy', 'unclaimed-line', 'good'].flatMap(shape => [
  [shape, 'bg'],
  [shape, 'panel'],
]);

describe.each(['light', 'dark'] as const)('the %s palette', scheme => {
  const colour = (name: string) => palettes[scheme].get(name) ?? `no ${name}`;

  it.each(texts)('%s on %s can be read', (text = '', ground = '') => {
    expect(contrast(colour(text), colour(ground))).toBeGreaterThanOrEqual(4.5);
  });

  it.each(shapes)('%s on %s can be seen', (shape = '', ground = '') => {
    expect(contrast(colour(shape), colour(ground))).toBeGreaterThanOrEqual(3);
  });
});

it('both palettes name the same colours, and no rule has one of its own', () => {
  expect([...palettes.dark.keys()]).toEqual([...palettes.light.keys()]);
  const parts = readFileSync(
    join(import.meta.dirname, '../../../gateway/admin/dashboard/web/parts.css'),
    'utf8',
  );
  expect(parts).not.toMatch(/#[0-9a-f]{3,8}\b/);
});
