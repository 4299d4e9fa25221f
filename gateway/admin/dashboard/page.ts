import { escapeHtml } from '../../core/problem-json.ts';
import type { StatusView } from '../status.ts';
import { toSummary } from './summary.ts';

/**
 * Everything comes from this port, nothing stands inline, and no string becomes markup by script: what is shown came
 * from strangers in part.
 */
export const pagePolicy = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self'",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
  "require-trusted-types-for 'script'",
  "trusted-types 'none'",
].join('; ');

/**
 * The page at `/`. With scripts it becomes the dashboard; without it is the status as text.
 * @param status undefined: nobody has said who asks, so it holds no data.
 */
export function toPage(status: StatusView | undefined): string {
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>Figway</title>
<link rel="icon" href="/dashboard/fig.svg" type="image/svg+xml">
<link rel="stylesheet" href="/dashboard/style.css"><link rel="stylesheet" href="/dashboard/parts.css"><link rel="stylesheet" href="/dashboard/uplot.css">
<script type="module" src="/dashboard/main.js"></script></head>
<body>
<a class="skip" href="#main">Skip to the content</a>
<header id="top"><p class="brand">Figway</p></header>
<main id="main" tabindex="-1">
${status === undefined ? locked : toSummary(status)}
</main>
<p id="said" class="unseen" role="status" aria-live="polite"></p>
${status === undefined ? '' : `<noscript><p class="foot">${escapeHtml(withoutScripts)}</p></noscript>`}
</body></html>
`;
}

const withoutScripts =
  'Scripts are off: this is the status when the page was loaded; it does not refresh by itself.';

const locked = `<noscript><h1>Figway</h1><p>To log in here scripts must be on. Without them: <code>figway status --token …</code>,
or this page with <code>Authorization: Bearer …</code>.</p></noscript>`;
