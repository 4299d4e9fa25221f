import type { Request, Response } from 'express';
import { lastOrderId, ownOrdersAfter } from '../orders.ts';
import type { Shop } from '../shop.ts';
import { toId } from './page.ts';

/** Orders as server-sent events, each with its number as id. */
export interface Ticker {
  /** The latest three, or all after `Last-Event-ID` up to a hundred; then each one as it is placed. */
  readonly stream: (req: Request, res: Response) => void;
  readonly end: () => void;
}

export function createTicker(shop: Shop): Ticker {
  const open = new Set<Response>();
  return {
    stream(req, res) {
      let seen = toId(req.headers['last-event-id']) || Math.max(0, lastOrderId(shop) - 3);
      const tell = (): void => {
        for (const order of ownOrdersAfter(shop, seen, 100)) {
          seen = order.order_id;
          const data = JSON.stringify({ order_id: seen, status: order.status, total: order.total });
          res.write(`id: ${seen}\nevent: order\ndata: ${data}\n\n`);
        }
      };
      const heartbeat = setInterval(() => res.write(': still here\n\n'), 15_000);
      res.writeHead(200, { 'Content-Type': 'text/event-stream', 'Cache-Control': 'no-cache' });
      res.write('retry: 3000\n\n');
      tell();
      shop.placed.on('order', tell);
      open.add(res);
      res.on('close', () => {
        clearInterval(heartbeat);
        shop.placed.off('order', tell);
        open.delete(res);
      });
    },
    end() {
      for (const res of open) res.end();
    },
  };
}
