import { toAnswerCell } from './html-answer.ts';
import { style } from './html-style.ts';
import { escape, toText } from './html-text.ts';
import type { Example, Finding, ReplayReport, SignatureFinding } from './report.ts';

/**
 * A replay as one file for a browser: no script, no network, dark and light as the reader's system is. What the answers
 * said is text, wherever it stands.
 */
export function toHtml(report: ReplayReport): string {
  const { verdict, findings, examples } = report;
  const known = new Map(examples.map(example => [example.id, example]));
  const title = `${verdict.state}: figway compare replay`;
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="content-security-policy" content="default-src 'none'; style-src 'unsafe-inline'">
<meta name="color-scheme" content="light dark">
<title>${escape(title)}</title>
<style>${style}</style>
</head>
<body>
<main>
<header>
<h1><span class="state ${verdict.state}">${verdict.state}</span> ${escape(report.route ?? report.source.file)}</h1>
<p>${escape(toSentence(report))}</p>
${toList(verdict.reasons)}
</header>
${toFacts(report)}
<h2>${findings.length === 0 ? 'Nothing differs' : `Findings (${findings.length})`}</h2>
${findings.map((finding, at) => toFinding(finding, at, known)).join('\n')}
${toExcused(report)}
</main>
</body>
</html>
`;
}

const toSentence = ({ verdict }: ReplayReport): string =>
  `${verdict.bad} bad of ${verdict.n} distinct requests: the share of bad ones is surely between ${percent(verdict.lower)} and ${percent(verdict.upper)}, wanted below ${verdict.maxMismatch} %.`;

const percent = (share: number): string => `${Number((share * 100).toPrecision(3))} %`;

const toList = (lines: readonly string[]): string =>
  lines.length === 0 ? '' : `<ul>${lines.map(line => `<li>${escape(line)}</li>`).join('')}</ul>`;

function toFacts({ sides, source, input, counts, skips, latency, seed, at }: ReplayReport): string {
  const told = (amounts: Readonly<Record<string, number | undefined>>): string =>
    Object.entries(amounts)
      .filter(([, amount]) => amount !== undefined && amount > 0)
      .map(([name, amount]) => `${amount} ${name}`)
      .join(', ') || 'none';
  const rows = [
    ['legacy', sides.legacy],
    ['service', sides.service],
    ['recording', `${source.file} (${source.format}), ${input.requests} requests, ${input.corrupt} corrupt`],
    ['asked', `${input.asked}; repeated ${input.repeated}, left out ${input.leftOut}`],
    ['not asked', told(input.passed)],
    ['outcomes', told(counts)],
    ['skipped', told(skips)],
    ['time', at],
    ['seed', seed],
  ];
  return `<section class="facts">
<table><tbody>${rows.map(([name = '', value = '']) => `<tr><th scope="row">${name}</th><td>${escape(value)}</td></tr>`).join('')}</tbody></table>
${latency === null ? '' : toLatency(latency)}
</section>`;
}

function toLatency({ legacy, service, pairs, slow, state }: NonNullable<ReplayReport['latency']>): string {
  const row = (name: string, { p50, p95, p99 }: typeof legacy): string =>
    `<tr><th scope="row">${name}</th>${[p50, p95, p99].map(ms => `<td class="number">${ms.toFixed(1)} ms</td>`).join('')}</tr>`;
  return `<table><caption>${slow} of ${pairs} pairs are slower at the service (${state})</caption>
<thead><tr><th></th><th>p50</th><th>p95</th><th>p99</th></tr></thead>
<tbody>${row('legacy', legacy)}${row('service', service)}</tbody></table>`;
}

function toFinding(finding: Finding, at: number, known: ReadonlyMap<string, Example>): string {
  const { count, share, signatures } = finding;
  const [first] = signatures;
  const more =
    signatures.length > 1 ? ` <span class="more">and ${signatures.length - 1} more places</span>` : '';
  const opened = finding.examples.flatMap(id => known.get(id) ?? []);
  return `<details class="finding"${at === 0 ? ' open' : ''}>
<summary><b class="number">${count}</b> <span class="number">${percent(share)}</span> <code>${escape(first === undefined ? '' : `${first.method} ${first.template}`)}</code> <code class="place">${escape(first?.path || first?.signature || '')}</code> ${escape(first?.kind ?? '')}${more}</summary>
<table><thead><tr><th>place</th><th>kind</th><th>requests</th><th>statuses</th><th>legacy</th><th>service</th></tr></thead>
<tbody>${signatures.map(toRow).join('')}</tbody></table>
${opened.map(toExample).join('\n')}
</details>`;
}

function toRow(one: SignatureFinding): string {
  const hint = one.mayDrift
    ? '<br><small>drifts by itself? A rule with a reason would excuse it.</small>'
    : '';
  const statuses = one.statuses.map(escape).join(' ');
  return `<tr><td><code>${escape(one.path || one.signature)}</code>${hint}</td><td>${escape(one.kind)}</td><td class="number">${one.distinct}</td><td>${statuses}</td><td>${toValue(one.legacy)}</td><td>${toValue(one.service)}</td></tr>`;
}

const toValue = (value: unknown): string =>
  value === undefined ? '<i>nothing</i>' : `<code>${escape(toText(value).slice(0, 300))}</code>`;

function toExample({ method, target, detail, differences, isCut, sides }: Example): string {
  const why = detail === undefined ? '' : ` <small>${escape(detail)}</small>`;
  return `<section class="example">
<h3><code>${escape(`${method} ${target}`)}</code>${why}</h3>
<div class="sides">
${(['legacy', 'service'] as const).map(side => toAnswerCell(side, sides[side], differences)).join('\n')}
</div>${isCut ? '<p>There are more than 100 differences; the first ones are marked.</p>' : ''}
</section>`;
}

function toExcused({ excused, untold }: ReplayReport): string {
  const rows = excused.map(
    ({ rule, count }) => `<tr><td class="number">${count}</td><td>${escape(rule)}</td></tr>`,
  );
  const table = `<h2>Excused by rules</h2>
<table><thead><tr><th>requests</th><th>rule</th></tr></thead><tbody>${rows.join('')}</tbody></table>`;
  const beyond = `<p>${untold} differences more are counted and not listed.</p>`;
  return `${rows.length === 0 ? '' : table}${untold === 0 ? '' : beyond}`;
}
