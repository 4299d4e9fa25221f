import type { Finding, ReplayReport, SignatureFinding } from './report.ts';

/** A replay as JUnit XML: the verdict is a test, and each finding is one that failed. */
export function toJunit(report: ReplayReport): string {
  const { verdict, findings, at, source, sides } = report;
  const isFailed = verdict.state === 'blocked';
  const skipped = verdict.state === 'pending' ? 1 : 0;
  const failures = findings.length + (isFailed ? 1 : 0);
  const said = [`${verdict.bad} bad of ${verdict.n} distinct requests`, ...verdict.reasons].join('; ');
  const verdictCase = isFailed
    ? `<failure message="blocked" type="verdict">${escape(said)}</failure>`
    : skipped === 1
      ? `<skipped message="${escape(`pending: ${said}`)}"/>`
      : '';
  return [
    '<?xml version="1.0" encoding="UTF-8"?>',
    `<testsuites name="figway compare replay" tests="${findings.length + 1}" failures="${failures}" errors="0" skipped="${skipped}">`,
    `  <testsuite name="${escape(report.route ?? source.file)}" tests="${findings.length + 1}" failures="${failures}" errors="0" skipped="${skipped}" timestamp="${at.slice(0, 19)}">`,
    '    <properties>',
    ...Object.entries({ ...sides, seed: report.seed, asked: String(report.input.asked) }).map(
      ([name, value]) => `      <property name="${name}" value="${escape(value)}"/>`,
    ),
    '    </properties>',
    `    <testcase classname="verdict" name="at most ${verdict.maxMismatch} % differ">${verdictCase}</testcase>`,
    ...findings.map(finding => toCase(finding, report)),
    '  </testsuite>',
    '</testsuites>',
    '',
  ].join('\n');
}

function toCase(finding: Finding, { examples }: ReplayReport): string {
  const [first] = finding.signatures;
  const lines = [
    ...finding.signatures.map(toLine),
    ...examples
      .filter(({ id }) => finding.examples.includes(id))
      .map(({ method, target }) => `for example ${method} ${target}`),
  ];
  const name = first === undefined ? '' : `${first.method} ${first.template}`;
  return `    <testcase classname="${escape(name)}" name="${escape(first?.signature ?? '')}"><failure message="${finding.count} requests" type="${escape(first?.kind ?? '')}">${escape(lines.join('\n'))}</failure></testcase>`;
}

const toLine = ({ signature, distinct, statuses, legacy, service }: SignatureFinding): string =>
  `${signature} (${distinct} requests, statuses ${statuses.join(' ')}): legacy ${toText(legacy)}, service ${toText(service)}`;

const toText = (value: unknown): string => (value === undefined ? 'nothing' : JSON.stringify(value));

const entities: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  '\n': '&#10;',
};

/** For text and attributes; what XML 1.0 cannot hold becomes U+FFFD. */
const escape = (text: string): string =>
  text
    .toWellFormed()
    .replace(/[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]/g, '\ufffd')
    .replace(/[&<>"\n]/g, found => entities[found] ?? found);
