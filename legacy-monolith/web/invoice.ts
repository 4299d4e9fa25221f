import type { Order } from '../orders.ts';

/** Semicolons, as spreadsheets in these parts expect, and CRLF. */
export const toInvoiceCsv = (order: Order): string =>
  [
    'line_no;sku;product_name;quantity;unit_price;line_total',
    ...order.lines.map(line =>
      [line.line_no, line.sku, line.product_name, line.quantity, line.unit_price, line.line_total]
        .map(toCell)
        .join(';'),
    ),
    `;;total;;;${order.total}`,
    '',
  ].join('\r\n');

const toCell = (value: string | number): string =>
  /[";\r\n]/.test(String(value)) ? `"${String(value).replaceAll('"', '""')}"` : String(value);

/** A PDF of one page. Its fonts know latin-1 only; other characters become question marks. */
export function toInvoicePdf(order: Order): Buffer {
  const lines = [
    `Fig & Sons    Invoice ${order.order_id}`,
    `${order.customer_name}    ${order.placed_at}`,
    '',
    ...order.lines.map(line => `${line.quantity} x ${line.product_name}    ${line.line_total} EUR`),
    '',
    `Total ${order.total} EUR, tax within ${order.tax_total} EUR`,
  ];
  const text = lines.map(line => `(${toPdfText(line)}) Tj T*`).join('\n');
  const content = `BT /F1 12 Tf 18 TL 60 780 Td\n${text}\nET`;
  const objects = [
    '<< /Type /Catalog /Pages 2 0 R >>',
    '<< /Type /Pages /Kids [3 0 R] /Count 1 >>',
    '<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 5 0 R /Resources << /Font << /F1 4 0 R >> >> >>',
    '<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding /WinAnsiEncoding >>',
    `<< /Length ${content.length} >>\nstream\n${content}\nendstream`,
  ];
  return Buffer.from(toPdf(objects), 'latin1');
}

const toPdfText = (line: string): string =>
  line.replace(/[^\x20-\x7e\xa0-\xff]/g, '?').replace(/[\\()]/g, '\\$&');

/** Numbers the objects and adds the table of where each one begins. */
function toPdf(objects: readonly string[]): string {
  let file = '%PDF-1.4\n';
  const offsets = objects.map((object, index) => {
    const offset = file.length;
    file += `${index + 1} 0 obj\n${object}\nendobj\n`;
    return `${String(offset).padStart(10, '0')} 00000 n \n`;
  });
  const size = objects.length + 1;
  return `${file}xref\n0 ${size}\n0000000000 65535 f \n${offsets.join('')}trailer\n<< /Size ${size} /Root 1 0 R >>\nstartxref\n${file.length}\n%%EOF\n`;
}
