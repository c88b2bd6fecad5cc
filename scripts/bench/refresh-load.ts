/**
 * Refreshes chains of tokens for some seconds, each chain on a connection of its own. What to do comes as JSON on
 * standard input; what was done goes out as JSON, with the tokens at which the chains ended.
 */
import { json } from 'node:stream/consumers';

interface Order {
  url: string;
  clientId: string;
  clientSecret: string;
  tokens: string[];
  seconds: number;
}

const { url, clientId, clientSecret, tokens, seconds } = (await json(process.stdin)) as Order;
const startedAt = performance.now();
const endAt = startedAt + seconds * 1000;
let calls = 0;

const next = await Promise.all(
  tokens.map(async (token) => {
    let current = token;
    while (performance.now() < endAt) {
      const response = await fetch(url, {
        method: 'POST',
        body: new URLSearchParams({
          grant_type: 'refresh_token',
          refresh_token: current,
          client_id: clientId,
          client_secret: clientSecret,
        }),
      });
      const body = (await response.json()) as { refresh_token?: string; error?: string };
      if (!body.refresh_token) throw new Error(`a refresh failed: ${response.status} ${body.error}`);
      current = body.refresh_token;
      calls += 1;
    }
    return current;
  }),
);
console.log(JSON.stringify({ calls, taken: (performance.now() - startedAt) / 1000, next }));
