/**
 * Gathers what is asked within one turn of the event loop: the first request of a turn starts the batch, and the
 * batch is sent when the turn is over. Requests keep their order.
 */

/** Sends a batch; settles with one result for each request, in their order. */
type Send<Request, Result> = (group: string, requests: Request[]) => Promise<Result[]>;

/** So that one script does not keep Redis from others for long. */
const maximumBatch = 100;

interface Batch<Request, Result> {
  requests: Request[];
  settle: Array<{ resolve(result: Result): void; reject(error: unknown): void }>;
}

/** @returns what adds a request to the batch of its group; rejects when sending the batch rejects */
export function createGatherer<Request, Result>(
  send: Send<Request, Result>,
): (group: string, request: Request) => Promise<Result> {
  const batches = new Map<string, Batch<Request, Result>>();

  async function sendBatch(group: string, { requests, settle }: Batch<Request, Result>): Promise<void> {
    try {
      const results = await send(group, requests);
      results.forEach((result, index) => {
        settle[index]?.resolve(result);
      });
    } catch (error) {
      for (const { reject } of settle) reject(error);
    }
  }

  function flush(): void {
    for (const [group, batch] of batches) void sendBatch(group, batch);
    batches.clear();
  }

  return (group, request) =>
    new Promise<Result>((resolve, reject) => {
      let batch = batches.get(group);
      if (!batch) {
        if (batches.size === 0) setImmediate(flush);
        batch = { requests: [], settle: [] };
        batches.set(group, batch);
      }
      batch.requests.push(request);
      batch.settle.push({ resolve, reject });
      if (batch.requests.length < maximumBatch) return;
      batches.delete(group);
      void sendBatch(group, batch);
    });
}
