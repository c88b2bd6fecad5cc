/** HTTP as fetch would never send it: repeated fields, and a Host of one's choice. */
import { request } from 'node:http';

/** `fields` are names and values in turn, sent as they are. */
export function rawCall(
  url: string,
  fields: string[],
  host = new URL(url).host,
  method = 'GET',
): Promise<{ status: number; headers: Record<string, unknown>; body: unknown }> {
  return new Promise((resolve, reject) => {
    const call = request(url, { method, headers: ['Host', host, ...fields] }, (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('end', () => {
        const text = Buffer.concat(chunks).toString('utf8');
        const body = text === '' ? undefined : JSON.parse(text);
        resolve({ status: response.statusCode ?? 0, headers: response.headers, body });
      });
    });
    call.on('error', reject);
    call.end();
  });
}
