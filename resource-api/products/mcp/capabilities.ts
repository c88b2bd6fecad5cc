/** What a client of revision 2026-07-28 declares with each request. Earlier revisions declare nothing per request. */
import { CLIENT_CAPABILITIES_META_KEY, type ServerContext } from '@modelcontextprotocol/server';

export const tasksExtension = 'io.modelcontextprotocol/tasks';

function declared(ctx: ServerContext): Record<string, unknown> {
  const envelope: Record<string, unknown> = { ...ctx.mcpReq.envelope };
  const capabilities = envelope[CLIENT_CAPABILITIES_META_KEY];
  return isObject(capabilities) ? capabilities : {};
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null;

/** Whether the client can hold a task for a call that takes long. */
export function takesTasks(ctx: ServerContext): boolean {
  const { extensions } = declared(ctx);
  return isObject(extensions) && isObject(extensions[tasksExtension]);
}

/** Whether the client can show its person a form, or open a page for them. */
export function canElicit(ctx: ServerContext, mode: 'form' | 'url'): boolean {
  const { elicitation } = declared(ctx);
  if (!isObject(elicitation)) return false;
  // A client that names no mode shows forms.
  return isObject(elicitation[mode]) || (mode === 'form' && Object.keys(elicitation).length === 0);
}
