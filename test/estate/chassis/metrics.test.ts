import { expect, it } from 'vitest';
import { createMetrics } from '../../../extracted-services/chassis/metrics.ts';
import { newTrace, toTraceparent, traceOf } from '../../../extracted-services/chassis/trace.ts';

it('writes counters, gauges and cumulative histograms as Prometheus reads them', () => {
  const metrics = createMetrics();
  metrics.count('logins_total', { outcome: 'good' });
  metrics.count('logins_total', { outcome: 'good' });
  let state = 0;
  metrics.gauge('breaker_state', { service: 'payments' }, () => state);
  metrics.time('call_seconds', { a: 'b' }, 0.02);
  metrics.time('call_seconds', { a: 'b' }, 3);
  state = 2;
  const text = metrics.text();
  for (const line of [
    '# TYPE logins_total counter\nlogins_total{outcome="good"} 2\n',
    'breaker_state{service="payments"} 2\n',
    'call_seconds_bucket{a="b",le="0.01"} 0\n',
    'call_seconds_bucket{a="b",le="0.025"} 1\n',
    'call_seconds_bucket{a="b",le="+Inf"} 2\n',
    'call_seconds_sum{a="b"} 3.02\n',
    'call_seconds_count{a="b"} 2\n',
  ])
    expect(text).toContain(line);
});

it('keeps at most 1,000 series of a name, and label values that cannot break a line', () => {
  const metrics = createMetrics();
  for (let count = 0; count < 1500; count++) metrics.count('x_total', { id: count });
  metrics.count('y_total', { id: 'a"\nz_total 9' });
  expect(metrics.text().match(/^x_total/gm)).toHaveLength(1000);
  expect(metrics.text()).not.toMatch(/^z_total/m);
});

it('goes on with the trace of the caller under a span of its own', () => {
  const trace = traceOf({
    traceparent: '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01',
    'x-request-id': 'r-1',
  });
  expect(trace).toMatchObject({ traceId: '4bf92f3577b34da6a3ce929d0e0e4736', requestId: 'r-1' });
  expect(toTraceparent(trace)).toMatch(
    /^00-4bf92f3577b34da6a3ce929d0e0e4736-(?!00f067aa0ba902b7)[0-9a-f]{16}-01$/,
  );
});

it.each([
  '00-00000000000000000000000000000000-00f067aa0ba902b7-01',
  '00-4bf92f3577b34da6a3ce929d0e0e4736-0000000000000000-01',
  'ff-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01',
  'nonsense',
])('begins a trace anew for %s', traceparent => {
  const trace = traceOf({ traceparent, 'x-request-id': 'a b' });
  expect(trace.traceId).toMatch(/^[0-9a-f]{32}$/);
  expect(traceparent).not.toContain(trace.traceId);
  expect(trace.requestId).toMatch(/^[0-9a-f]{16}$/);
  expect(newTrace().traceId).not.toBe(trace.traceId);
});
